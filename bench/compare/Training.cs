// Trainings against those of peers: the same task, batch, optimiser and number of iterations.
namespace GaryMesh.Compare;

internal static class Training
{
    public static void AgainstPeers(Report report, Peer? numPy, Peer? torch, int rounds, int threads)
    {
        foreach (var subject in Subject.Trainings)
        {
            List<(Rival, string, Bound?)> rivals = [];
            if (numPy is not null && subject.IsPlanar)
                rivals.Add((numPy.Fastest(subject, "train", "by hand"), numPy.Name, new(14, 25)));
            if (torch is not null)
                rivals.Add((torch.Fastest(subject, "train"), torch.Name, null));
            if (rivals.Count == 0)
                continue;

            using var ours = new Lesson(subject, threads);
            var what = $"{subject.Name}, {subject.Iterations} iteration{(subject.Iterations == 1 ? "" : "s")}";
            Contest.InTurn(report, "training", what, ours, subject.Iterations > 1 ? rounds : 2 * rounds, rivals);
        }
    }
}
