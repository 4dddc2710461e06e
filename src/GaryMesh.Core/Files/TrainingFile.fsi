namespace GaryMesh

open System
open System.IO

/// <summary>A checkpoint: a training with a description of what it is a training of, as an <c>.npz</c> that NumPy opens.
/// Training resumed from it on the same vector width has the bits of a training that was not stopped.</summary>
/// <remarks>
/// The file describes the automaton, the graph and the task as texts in the entry <c>settings</c>; what cannot be spelled
/// out (edges, edge weights, the loss) stands there as a digest, that of the loss made of its value at a fixed noise
/// state. Reading compares them all with the settings at hand. The number of iterations is no part of them: a training
/// may be resumed to go on for longer, unless its learning rate depends on it. Version 1 is read as well, with its names for
/// settings and entries; its training goes on to the same bits.
/// </remarks>
[<AbstractClass; Sealed>]
type TrainingFile =

    /// <summary>Writes a checkpoint, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="automaton">The automaton that is trained; its own rule does not matter.</param>
    /// <param name="graph">The graph that it is trained on.</param>
    /// <param name="task">The task.</param>
    /// <param name="training">The state of the training.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write:
        path: string * automaton: Automaton * graph: Graph * task: TrainingTask * training: Training -> unit

    /// <summary>Writes a checkpoint to a stream; the bytes are those of a file.</summary>
    static member Write:
        stream: Stream * automaton: Automaton * graph: Graph * task: TrainingTask * training: Training -> unit

    /// <summary>Reads a checkpoint of a training of this automaton on this graph under this task.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="automaton">The automaton that is trained; its own rule does not matter.</param>
    /// <param name="graph">The graph that it is trained on.</param>
    /// <param name="task">The task.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no checkpoint, one of a newer version, or one of
    /// a training under other settings: one sentence begins with the path and names both, and <c>Data["setting"]</c> is the
    /// setting's name.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string * automaton: Automaton * graph: Graph * task: TrainingTask -> Training

    /// <summary>Reads a checkpoint from a stream's position to its end.</summary>
    /// <param name="stream">The stream to read; left open.</param>
    /// <param name="name">What to call the stream in messages, such as its file name.</param>
    /// <param name="automaton">The automaton that is trained.</param>
    /// <param name="graph">The graph that it is trained on.</param>
    /// <param name="task">The task.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The stream holds no checkpoint, one of a newer version, or one
    /// of a training under other settings.</exception>
    static member Read:
        stream: Stream * name: string * automaton: Automaton * graph: Graph * task: TrainingTask -> Training

    /// <summary>Writes a checkpoint of a model's training, replacing one that stands there only once the new one is
    /// complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="trainer">The trainer; its model's own parameters do not matter.</param>
    /// <param name="training">The state of the training.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * trainer: ModelTrainer * training: Training -> unit

    /// <summary>Writes a checkpoint of a model's training to a stream; the bytes are those of a file.</summary>
    static member Write: stream: Stream * trainer: ModelTrainer * training: Training -> unit

    /// <summary>Reads a checkpoint of a training of the trainer's model on its graph, data and task.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="trainer">The trainer that is to go on.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no checkpoint, one of a newer version, or one of
    /// a training under other settings.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string * trainer: ModelTrainer -> Training

    /// <summary>Reads a checkpoint of a model's training from a stream's position to its end.</summary>
    static member Read: stream: Stream * name: string * trainer: ModelTrainer -> Training

    /// <summary>Writes a checkpoint of a training on digits, replacing one that stands there only once the new one is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="trainer">The trainer; its automaton's own parameters do not matter.</param>
    /// <param name="training">The state of the training.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * trainer: DigitsTrainer * training: Training -> unit

    /// <summary>Reads a checkpoint of a training of the trainer's automaton on its pictures under its settings.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="trainer">The trainer that is to go on.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no checkpoint, one of a newer version, or one of
    /// a training under other settings.</exception>
    static member Read: path: string * trainer: DigitsTrainer -> Training

    /// <summary>Sixteen hexadecimal digits that stand for data among the settings: the beginning of its SHA-256.</summary>
    static member Digest: data: ReadOnlySpan<byte> -> string

    /// <summary>Writes a checkpoint of a training of your own, such as one of a `TrainingLoop`.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="settings">What it is a training of, as name and text; data may stand here as a digest.</param>
    /// <param name="training">The state of the training.</param>
    /// <exception cref="T:System.ArgumentException">The training has a pool.</exception>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * settings: struct (string * string) seq * training: Training -> unit

    /// <summary>Reads a checkpoint of a training of your own.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="settings">What it must be a training of.</param>
    /// <param name="parameters">The number of parameters.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The file holds no checkpoint, one of a newer version, or one of
    /// a training under other settings.</exception>
    /// <exception cref="T:System.IO.IOException">The file is missing or cannot be opened.</exception>
    static member Read: path: string * settings: struct (string * string) seq * parameters: int -> Training

/// <summary>The training curve as CSV: <c>iteration,loss,validation_loss</c>, a row for each iteration (1, 2, ...) with the
/// mean loss of its batch and, where there was a validation after it, the validation loss; numbers as they round-trip.</summary>
[<AbstractClass; Sealed>]
type TrainingCurve =

    /// <summary>Writes the curve, replacing a file that stands there only once the new one is complete.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="training">The state of the training.</param>
    /// <exception cref="T:System.IO.IOException">The file cannot be written: one sentence names the path.</exception>
    static member Write: path: string * training: Training -> unit

    /// <summary>Writes the curve to a stream as UTF-8 without a byte order mark.</summary>
    /// <param name="stream">The stream to write to; left open.</param>
    /// <param name="training">The state of the training.</param>
    static member Write: stream: Stream * training: Training -> unit
