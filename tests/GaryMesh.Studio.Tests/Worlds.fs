/// Automata on small graphs that do something for as long as they run, and what the engine makes of them.
module GaryMesh.Studio.Tests.Worlds

open System
open System.IO
open GaryMesh
open GaryMesh.Studio.Viewer

let private models =
    let rec above (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith "The tests look for the folder models above them, but there is none."
        | folder ->
            let models = Path.Combine(folder.FullName, "models")
            if Directory.Exists models then models else above folder.Parent

    above (DirectoryInfo AppContext.BaseDirectory)

/// A rule that ships.
let texture name = RuleFile.Read(Path.Combine(models, "textures", name + ".npz"))

/// The rule that adds.
let adder () = RuleFile.Read(Path.Combine(models, "adding", "adder.npz"))

/// Random parameters that change states a little, and let a channel grow.
let private stirred (automaton: Automaton) seed growing =
    let shape = automaton.Rule.Shape
    let key = Counter.key seed [ 7 ]
    let bias = shape.ParameterCount - shape.Channels

    let parameters =
        Array.init shape.ParameterCount (fun at ->
            let scale = if at < shape.Hidden * shape.Read then 0.5 else 0.06
            let grown = if at = bias + growing then 0.12 else 0.0
            float32 (grown + scale * Counter.normal key (int64 at) / sqrt (float shape.Read / 16.0)))

    automaton.WithRule(Rule(shape, ReadOnlySpan parameters))

/// An automaton with an alive mask that grows over a grid from one cell.
let growing =
    let grid = Graph.Grid(20, 24)
    (stirred (GrowingRecipe.Automaton(grid, 16, 24, 1UL)) 3UL 3).WithKeep(0.9), grid

/// The same in the order of the published code.
let published =
    let automaton, grid = growing
    automaton.WithGate(Gate.AlivePublished(3, 0.1f)), grid

/// gary-mesh on a ring, within a bound.
let ring =
    (stirred (Automaton.GaryMesh 1UL) 2UL 0).WithKeep(0.95).WithBound(0.8f).WithStart(Start.OfNoise 1.0f), Graph.Ring 60

/// A texture that ships on a sphere, half of whose cells fire at a step.
let sphere =
    let mesh = TriangleMesh.Icosphere 6

    (texture "rust").WithFireRate 0.5,
    TextureRecipe.World(Graph.Icosphere 6, mesh.Vertices.ToArray(), struct (0.0, 1.0, 0.0))

/// A lift on a torus: what cells perceive is turned by an angle of their own.
let steered =
    let torus = TextureRecipe.World(Graph.Torus(9, 7), struct (0.0, 1.0, 0.0))
    let perception = Perception.Steered 2
    let automaton = Automaton.Of(perception, Rule.Zero(RuleShape.For(perception, 6, 20)))

    (stirred automaton 5UL 0).WithKeep(0.8).WithBound(1.0f).WithStart(Start.OfNoise 1.0f).WithSpacing(1.25).WithFireRate
        0.7,
    torus

/// A lift whose values are fewer than those that it looks at, on points that see their nearest.
let isotropic =
    let places = Array.init 120 (fun at -> Counter.uniform 9UL (int64 at))
    let near = Graph.NearestNeighbours(places, 5)

    let frames =
        Frames.Upright(near, Array.init 120 (fun at -> if at % 3 = 2 then 1.0 else 0.0), struct (0.0, 1.0, 0.0), 10)

    let perception = Perception.RotationInvariant
    let automaton = Automaton.Of(perception, Rule.Zero(RuleShape.For(perception, 5, 12)))

    (stirred automaton 6UL 1).WithKeep(0.5).WithBound(1.0f).WithStart(Start.OfNoise 1.0f).WithFireRate 1.0,
    near.WithFrames frames

/// A sphere with bumps, as a file would have it: neither centred nor of unit size.
let bumpy =
    let sphere = TriangleMesh.Icosphere 7
    let places = sphere.Vertices.ToArray()

    let vertices =
        Array.init places.Length (fun at ->
            let x, y, z = places[at / 3 * 3], places[at / 3 * 3 + 1], places[at / 3 * 3 + 2]
            5.0 + 3.0 * places[at] * (1.0 + 0.2 * sin (4.0 * x + 1.0) * cos (3.0 * y) + 0.1 * z))

    TriangleMesh(vertices, sphere.Faces.ToArray())

/// Its graph, with a picture upright on it, as the command reads a mesh.
let bumpyGraph =
    let scaled = bumpy.Normalised()
    let graph = Graph.OfTriangles("bumpy.obj", scaled.Vertices.ToArray(), scaled.Faces.ToArray())
    let up = struct (0.0, 1.0, 0.0)
    TextureRecipe.World(graph, Frames.Normals(bumpy.Vertices.ToArray(), bumpy.Faces.ToArray(), up), up)

/// A pattern that grows on it, by directions that are carried from the seed's cell.
let growingOnBumpy =
    let graph = GrowingRecipe.World bumpyGraph
    (stirred (GrowingRecipe.Automaton(graph, 16, 24, 1UL)) 3UL 3).WithKeep(0.9), graph

/// A page of a world.
let page (automaton: Automaton, graph: Graph) =
    let mesh: TriangleMesh | null =
        if graph.Name.StartsWith("icosphere", StringComparison.Ordinal) then
            TriangleMesh.Icosphere 6
        elif graph.Name = "bumpy.obj" then
            bumpy
        else
            null

    ViewerPage(NamedRule("a rule", automaton), graph, Mesh = mesh)

/// The state that the engine comes to after so many steps.
let engineState (automaton: Automaton, graph: Graph) seed steps =
    let start = automaton.Start.On(graph, automaton.Rule.Shape.Channels, seed)
    Engine.Run(automaton, graph, Rollout.Of(start, steps, Firing.Of(seed, 0)))
