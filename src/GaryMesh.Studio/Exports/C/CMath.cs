using System.Globalization;

namespace GaryMesh.Studio.Exports.C;

/// <summary>The functions that rules in C share: two dense layers, and what the mathematical library would have.</summary>
internal static class CMath
{
    public const string Root = """
        /* The square root of a number above 0. */
        static float root(float x) {
          union { float number; uint32_t bits; } guess;
          guess.number = x;
          guess.bits = (guess.bits >> 1) + 0x1FBD1DF5;
          double y = guess.number;
          for (int turn = 0; turn < 4; turn++) y = 0.5 * (y + x / y);
          return (float)y;
        }

        """;

    public const string Exponential = """
        /* e to the power of a number of at most 88. */
        static float exponential(float x) {
          if (!(x > -104.0f)) return 0.0f;
          int power = (int)(x * 1.4426950408889634 + (x < 0.0f ? -0.5 : 0.5));
          const double rest = x - power * 0.6931471805599453;
          double sum = 1.0;
          for (int term = 12; term > 0; term--) sum = 1.0 + sum * rest / term;
          for (; power < 0; power++) sum *= 0.5;
          for (; power > 0; power--) sum *= 2.0;
          return (float)sum;
        }

        """;

    public const string Turn = """
        /* Cosine and sine of an angle; of one too large to have a direction, those of 0. */
        static void turn(float x, float *cosine, float *sine) {
          const double angle = x < 1e15f && x > -1e15f ? x : 0.0;
          const int64_t quarters = (int64_t)(angle * 0.6366197723675814 + (angle < 0.0 ? -0.5 : 0.5));
          const double rest = angle - (double)quarters * 1.5707963267948966 - (double)quarters * 6.123233995736766e-17;
          double c = 1.0, s = 1.0;
          for (int term = 16; term > 0; term -= 2) c = 1.0 - c * rest * rest / (term * (term - 1));
          for (int term = 17; term > 1; term -= 2) s = 1.0 - s * rest * rest / (term * (term - 1));
          s *= rest;
          const int side = (int)(quarters & 3);
          *cosine = (float)(side == 0 ? c : side == 1 ? -s : side == 2 ? -c : s);
          *sine = (float)(side == 0 ? s : side == 1 ? c : side == 2 ? -s : -c);
        }

        """;

    /// <summary>Two dense layers of some sizes; columns of the matrices stand one after the other.</summary>
    public static string Dense(int channels, int hidden, int read) => $$"""
        static void {{NameOfDense(hidden, read)}}(const float *first, const float *bias, const float *second, const float *last, const float *z, float *change) {
          float units[{{Text(hidden)}}];
          for (int h = 0; h < {{Text(hidden)}}; h++) units[h] = bias[h];
          for (int i = 0; i < {{Text(read)}}; i++)
            for (int h = 0; h < {{Text(hidden)}}; h++) units[h] += first[i * {{Text(hidden)}} + h] * z[i];
          for (int c = 0; c < {{Text(channels)}}; c++) change[c] = last[c];
          for (int h = 0; h < {{Text(hidden)}}; h++)
            if (units[h] > 0.0f)
              for (int c = 0; c < {{Text(channels)}}; c++) change[c] += second[h * {{Text(channels)}} + c] * units[h];
        }

        """.ReplaceLineEndings("\n");

    /// <summary>The name of the function for two layers of such sizes.</summary>
    public static string NameOfDense(int hidden, int read) => $"dense_{Text(read)}_{Text(hidden)}";

    /// <summary>Adds a part once.</summary>
    public static void Add(HashSet<string> parts, string part) => parts.Add(part.ReplaceLineEndings("\n"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
