using System.Text.Json.Serialization;

namespace GaryMesh.ChatLab.Tasks;

/// <summary>What is trained on a task, and how.</summary>
/// <param name="Task">The text's name.</param>
/// <param name="Arm">What is grafted in.</param>
/// <param name="After">Blocks that the stream has been through.</param>
/// <param name="Layers">Blocks of the cortex.</param>
/// <param name="Most">The longest gap of training.</param>
/// <param name="LearningRate">Adam's step length.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Batch">Windows a step.</param>
/// <param name="Frozen">Whether the cortex stays as it was drawn and the graft learns alone.</param>
public sealed record TaskPlan(
    string Task, string Arm, int After, int Layers, int Most, double LearningRate, int Steps, int Batch, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Frozen = false);

/// <summary>One training and the share of questions answered over each gap.</summary>
/// <param name="Plan">What was trained.</param>
/// <param name="Seed">What cortex, graft and text were drawn from.</param>
/// <param name="Parameters">Parameters of the graft.</param>
/// <param name="Gaps">The gaps.</param>
/// <param name="Accuracy">The share answered over each.</param>
/// <param name="Longer">The same of a mesh that takes eight times as many steps when asked as it was trained with; null for other arms.</param>
/// <param name="Seconds">Seconds of training.</param>
public sealed record TaskRun(TaskPlan Plan, ulong Seed, int Parameters, int[] Gaps, double[] Accuracy, double[]? Longer, double Seconds);
