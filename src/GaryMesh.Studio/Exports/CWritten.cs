using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using GaryMesh.Studio.Descriptions;

namespace GaryMesh.Studio.Exports;

/// <summary>The C of an export, compiled by this machine's compiler without a warning and driven through a pipe.</summary>
internal sealed class CWritten : IWritten
{
    private static readonly string[] _flags = ["-std=c99", "-O3", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

    private readonly RuleDescription _rule;
    private readonly string _folder;

    private CWritten(RuleDescription rule, string folder, string compiler) => (_rule, _folder, Runner) = (rule, folder, compiler);

    public string Runner { get; }

    private string Program => Path.Combine(_folder, OperatingSystem.IsWindows() ? "run.exe" : "run");

    public static CWritten Open(RuleDescription rule, string path, string name)
    {
        var compiler = Environment.GetEnvironmentVariable("CC") is { Length: > 0 } named ? named : "cc";
        var folder = Directory.CreateTempSubdirectory("gary-mesh-").FullName;
        var written = new CWritten(rule, folder, $"{compiler} {string.Join(' ', _flags)}");

        try
        {
            File.Copy(path, Path.Combine(folder, "rule.c"));
            File.WriteAllText(Path.Combine(folder, "main.c"), Driver(rule, name));
            var (code, said) = Compile(compiler, folder, [.. _flags, "-o", written.Program, "main.c"]);

            if (code != 0)
                throw new InvalidDataException($"{compiler} does not take {path}: {said.Trim().Split('\n')[0]}");

            return written;
        }
        catch
        {
            written.Dispose();
            throw;
        }
    }

    public IWrittenRun On(GraphTables tables, float[] inputs) => new Run(this, tables, inputs);

    public void Dispose() => Directory.Delete(_folder, true);

    private static (int Code, string Said) Compile(string compiler, string folder, string[] words)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(compiler, words) { WorkingDirectory = folder, RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, said);
        }
        catch (Win32Exception)
        {
            throw new NotHereException($"There is no C compiler here: none is called {compiler}, and CC names no other.");
        }
    }

    /// <summary>A program that reads a graph, then for each run a seed, a first step, who fires and a state, and answers with what comes of it.</summary>
    private static string Driver(RuleDescription rule, string name)
    {
        var told = rule.Inputs > 0 ? "inputs, " : "";
        var alive = rule.HasGate ? ", alive" : "";
        var reports = rule.Reports > 0 ? ", auxiliary" : "";
        return $$"""
            #include "rule.c"
            #include <stdio.h>
            #include <stdlib.h>

            static void *room(size_t bytes) { void *p = malloc(bytes + 1); if (!p) exit(3); return p; }
            static void take(void *to, size_t bytes) { if (fread(to, 1, bytes, stdin) != bytes) exit(0); }

            int main(void) {
              int32_t sizes[2];
              take(sizes, sizeof sizes);
              const size_t cells = (size_t)sizes[0], entries = cells * (size_t)sizes[1];
              int32_t *neighbours = room(4 * entries);
              float *weights = room(4 * {{rule.Edged.Length}} * entries);
              float *inputs = room(4 * {{rule.Inputs}} * cells);
              float *auxiliary = room(4 * {{rule.Reports}} * cells);
              uint8_t *alive = room(cells);
              float *state = room(4 * CHANNELS * cells), *after = room(4 * CHANNELS * cells);
              take(neighbours, 4 * entries);
              take(weights, 4 * {{rule.Edged.Length}} * entries);
              take(inputs, 4 * {{rule.Inputs}} * cells);
              {{name}}_graph graph = {sizes[0], sizes[1], neighbours, weights};
              (void)alive;
              for (;;) {
                uint64_t seed;
                int32_t span[2];
                take(&seed, 8);
                take(span, 8);
                const size_t steps = (size_t)span[1];
                uint8_t *fires = room(steps * cells), *drawn = room(steps * cells);
                take(fires, steps * cells);
                take(state, 4 * CHANNELS * cells);
                for (size_t step = 0; step < steps; step++) {
                  {{name}}_draw(seed, span[0] + (int32_t)step, sizes[0], drawn + step * cells);
                  {{name}}_step(&graph, state, fires + step * cells, {{told}}after{{alive}}{{reports}});
                  float *other = state;
                  state = after;
                  after = other;
                }
                fwrite(state, 4, CHANNELS * cells, stdout);
                fwrite(auxiliary, 4, {{rule.Reports}} * cells, stdout);
                fwrite(drawn, 1, steps * cells, stdout);
                fflush(stdout);
                free(fires);
                free(drawn);
              }
            }
            """;
    }

    private sealed class Run : IWrittenRun
    {
        private readonly CWritten _written;
        private readonly int _cells;
        private readonly Process _process;

        public Run(CWritten written, GraphTables tables, float[] inputs)
        {
            (_written, _cells) = (written, tables.Graph.Cells);
            _process = Process.Start(new ProcessStartInfo(written.Program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Send<int>([_cells, tables.Width]);
            Send<int>(Array.ConvertAll(tables.Neighbours, neighbour => (int)neighbour));
            Send<float>(tables.Weights);
            Send<float>(inputs);
        }

        private Stream Input => _process.StandardInput.BaseStream;

        Outcome IWrittenRun.Run(float[] state, ulong seed, int first, bool[] fires)
        {
            var rule = _written._rule;
            Send<ulong>([seed]);
            Send<int>([first, fires.Length / _cells]);
            Send<bool>(fires);
            Send<float>(state);
            Input.Flush();
            return new(Receive<float>(_cells * rule.Channels), Receive<float>(_cells * rule.Reports), Receive<bool>(fires.Length));
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private void Send<T>(ReadOnlySpan<T> values) where T : unmanaged => Input.Write(MemoryMarshal.AsBytes(values));

        private T[] Receive<T>(int count) where T : unmanaged
        {
            var values = new T[count];
            _process.StandardOutput.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }
    }
}
