/// Makes the calls between parts late, lost or repeated, so that later ones overtake them.
module GaryMesh.Cluster.Tests.Faults

// A storage is generic in what may be null and what may not.
#nowarn "3261"

open System
open System.Collections.Concurrent
open System.Threading
open System.Threading.Tasks
open GaryMesh
open GaryMesh.Cluster
open Microsoft.Extensions.DependencyInjection
open Orleans
open Orleans.Hosting
open Orleans.Runtime
open Orleans.Storage
open Orleans.TestingHost

/// The share of the calls that are lost on the way there, lost on the way back, late by up to a second, or repeated; each.
let mutable share = 0.0

/// Milliseconds that the answer to a call of a grain's method is held up, by its name.
let mutable held: string -> GrainId -> int = fun _ _ -> 0

/// Calls that something was done to.
let mutable met = 0

let private drawn = ref 0L

type private Faulty() =
    interface IIncomingGrainCallFilter with
        member _.Invoke context =
            task {
                let ours = (context.Grain :? IPartGrain || context.Grain :? IGradientGrain) && share > 0.0
                let draw = if ours then Counter.uniform 17UL (Interlocked.Increment drawn) else 1.0

                if draw < 4.0 * share then
                    Interlocked.Increment &met |> ignore

                if draw < share then
                    raise (TimeoutException "lost on the way there")
                elif draw < 2.0 * share then
                    do! context.Invoke()
                    raise (TimeoutException "lost on the way back")
                elif draw < 3.0 * share then
                    do! Task.Delay(int (1000.0 * Counter.uniform 18UL (Interlocked.Increment drawn)))
                    do! context.Invoke()
                elif draw < 4.0 * share then
                    do! context.Invoke()
                    do! context.Invoke()
                else
                    do! context.Invoke()
                    do! Task.Delay(held context.MethodName context.TargetId)
            }
            :> Task

/// What grains keep, outside every silo, so that killing one loses none of it.
type private Kept() =
    static let kept = ConcurrentDictionary<struct (string * GrainId), obj>()

    interface IGrainStorage with
        member _.ReadStateAsync<'T>(name: string, grain: GrainId, state: IGrainState<'T>) =
            match kept.TryGetValue(struct (name, grain)) with
            | true, value ->
                state.State <- unbox<'T> value
                state.RecordExists <- true
            | _ -> state.State <- Activator.CreateInstance<'T>()

            Task.CompletedTask

        member _.WriteStateAsync<'T>(name: string, grain: GrainId, state: IGrainState<'T>) =
            kept[struct (name, grain)] <- box state.State
            state.RecordExists <- true
            Task.CompletedTask

        member _.ClearStateAsync<'T>(name: string, grain: GrainId, state: IGrainState<'T>) =
            kept.TryRemove(struct (name, grain)) |> ignore
            state.State <- Activator.CreateInstance<'T>()
            state.RecordExists <- false
            Task.CompletedTask

/// Silos of this process, with parts.
type Silos() =
    interface ISiloConfigurator with
        member _.Configure silo =
            silo.Services.AddKeyedSingleton<IGrainStorage>("checkpoints", Kept()) |> ignore
            silo.AddIncomingGrainCallFilter<Faulty>() |> ignore
            ClusterHost.AddParts(silo, 2)

/// Silos of one process, and a client of them.
let cluster (silos: int) =
    let builder = TestClusterBuilder(int16 silos)
    builder.AddSiloBuilderConfigurator<Silos>() |> ignore
    builder.Options.ConfigureFileLogging <- false
    let cluster = builder.Build()
    cluster.Deploy()
    cluster
