namespace GaryMesh.Studio.Viewer;

/// <summary>Turns what lies on a surface.</summary>
public static class Turning
{
    /// <summary>The graph with its frames turned about their normals, so that a picture turns counterclockwise as it is looked at; a graph without
    /// frames as it is.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="degrees">The angle.</param>
    public static Graph Turned(Graph graph, double degrees)
    {
        if (degrees == 0 || graph.Frames.IsDefaultOrEmpty)
            return graph;

        var (cos, sin) = (Math.Cos(Math.PI / 180 * degrees), Math.Sin(Math.PI / 180 * degrees));
        double[] frames = [.. graph.Frames];

        for (var cell = 0; cell < frames.Length; cell += 9)
        {
            for (var axis = cell; axis < cell + 3; axis++)
                (frames[axis], frames[axis + 3]) = ((cos * frames[axis]) - (sin * frames[axis + 3]), (sin * frames[axis]) + (cos * frames[axis + 3]));
        }

        return graph.WithFrames(frames);
    }
}
