// Another cortex for the same grafts: a bigram of characters, counted, whose hidden states are its log-probabilities. It knows
// no character but the last one, so the gain of a layer of communicating cells can be separated from that of one without neighbours.
//   dotnet run -c Release samples/Bigram.cs -- --data train.txt --valid valid.txt [--seeds 3] [--steps 150]
#:project ../bench/chat-lab
#:property PublishAot=false

using GaryMesh;
using GaryMesh.ChatGraft;
using GaryMesh.ChatLab.Grafts;

const int Letters = 96, Sequences = 16, Length = 128;
// Cells that see sixteen characters back and exchange states four times: nothing else here has context.
var mesh = new MeshGraftShape { Width = Letters, Channels = 20, Hidden = 44, Distances = [1, 2, 4, 8, 16], Steps = 4 };
string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
int Letter(char letter) => letter == '\n' ? 95 : letter is >= ' ' and <= '~' ? letter - ' ' : '?' - ' ';
int[] Read(string path) => [.. File.ReadAllText(path).Select(Letter)];
var (training, held) = (Read(Option("--data", "train.txt")), Read(Option("--valid", "valid.txt")));
var (seeds, steps) = (int.Parse(Option("--seeds", "3")), int.Parse(Option("--steps", "150")));
double[] rates = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1];
// The end of the training text chooses each arm's learning rate; nothing is chosen by the text held out.
var apart = training[^(training.Length / 20)..];
training = training[..^apart.Length];

var counts = new double[Letters, Letters];
for (var i = 1; i < training.Length; i++)
    counts[training[i - 1], training[i]]++;
var cortex = Enumerable.Range(0, Letters).Select(last =>
{
    var row = Enumerable.Range(0, Letters).Select(next => counts[last, next] + 0.1).ToArray();
    return row.Select(count => (float)Math.Log(count / row.Sum())).ToArray();
}).ToArray();

Console.WriteLine($"bigram alone: {Evaluate(null, held):F4} bits a character held out");
foreach (var arm in (string[])["mesh", "mlp", "low-rank"])
{
    var tried = rates.Select(rate => (Rate: rate, Bits: Evaluate(Train(arm, 0, rate), apart))).ToArray();
    var best = tried.MinBy(one => one.Bits).Rate;
    Console.WriteLine($"{arm}: {string.Join(", ", tried.Select(one => $"rate {one.Rate}: {one.Bits:F4}"))}");

    for (var seed = 1; seed <= seeds; seed++)
    {
        var graft = Train(arm, (ulong)seed, best);
        Console.WriteLine($"{arm}, seed {seed}: {Evaluate(graft, held):F4} bits a character held out, {graft.Parameters.Length:N0} parameters");
    }
}

IGraft Train(string arm, ulong seed, double rate)
{
    var graft = new GraftPlan(arm, After: 0, mesh).Create(seed)!;
    using var pass = graft.CreatePass(Sequences, Length);
    var (random, stream) = (new Random((int)seed), new float[Sequences * Length * Letters]);
    var (moments, all) = (AdamMoments.Zero(graft.Parameters.Length), new ParameterView("graft", ParameterRole.Bias, 0, graft.Parameters.Length, 1));
    for (var step = 0; step < steps; step++)
    {
        var windows = Enumerable.Range(0, Sequences).Select(_ => random.Next(training.Length - Length - 1)).ToArray();
        var sums = new float[graft.Parameters.Length];
        Forward(pass, training, windows, stream);
        Losses(training, windows, stream, weight: 1.0f / (Sequences * Length));
        pass.Backward(stream, sums);
        var adam = Adam.Of(rate * (1 - (double)step / steps)).WithNormalise(false).WithBetas(0.9, 0.99);
        (var next, moments) = adam.Step(moments, [all], graft.Parameters, Array.ConvertAll(sums, one => (double)one));
        next.CopyTo(graft.Parameters, 0);
        pass.Reload();
    }

    return graft;
}

// Windows side by side over the beginning of a text.
double Evaluate(IGraft? graft, int[] text)
{
    using var pass = graft?.CreatePass(Sequences, Length);
    var (stream, loss, count) = (new float[Sequences * Length * Letters], 0.0, Math.Min(50, (text.Length - 1) / (Sequences * Length)));
    for (var part = 0; part < count; part++)
    {
        var windows = Enumerable.Range(0, Sequences).Select(i => (part * Sequences + i) * Length).ToArray();
        Forward(pass, text, windows, stream);
        loss += Losses(text, windows, stream, weight: 0);
    }

    return loss / (count * Sequences * Length * Math.Log(2));
}

// Hidden states in, hidden states out.
void Forward(IGraftPass? pass, int[] text, int[] windows, float[] stream)
{
    for (var row = 0; row < Sequences * Length; row++)
        cortex[text[windows[row / Length] + row % Length]].CopyTo(stream, row * Letters);
    pass?.Forward(stream, Sequences, Length);
}

// The hidden states are the logits; they turn into the adjoint of weight x loss.
double Losses(int[] text, int[] windows, float[] stream, float weight)
{
    var loss = 0.0;
    for (var row = 0; row < Sequences * Length; row++)
    {
        var logits = stream.AsSpan(row * Letters, Letters);
        var next = text[windows[row / Length] + row % Length + 1];
        var (most, sum) = (float.MinValue, 0.0);
        foreach (var logit in logits)
            most = Math.Max(most, logit);
        foreach (var logit in logits)
            sum += Math.Exp(logit - most);
        loss += Math.Log(sum) + most - logits[next];
        for (var i = 0; i < Letters; i++)
            logits[i] = weight * ((float)(Math.Exp(logits[i] - most) / sum) - (i == next ? 1 : 0));
    }

    return loss;
}
