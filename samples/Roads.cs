// A city's roads: 207 sensors forecast their speeds 15, 30 and 60 minutes ahead from the last hour, all by one small rule.
//   dotnet run -c Release samples/Roads.cs -- --data los_speed.csv --adjacency los_adj.csv [--seed 1]
// Data: a line of sensor names, then a line every five minutes. Adjacency: how near sensor is to sensor, 0 for not at all.
#:project ../src/GaryMesh.MLNet
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GaryMesh.MLNet;
using MathNet.Numerics.LinearAlgebra;
using Microsoft.ML;
using Microsoft.ML.Data;

const int Lags = 12;
int[] horizons = [3, 6, 12];
string[] names = ["15", "30", "60"];
string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
var seed = int.Parse(Option("--seed", "1"));
var ml = new MLContext(seed);
var speeds = Table(Option("--data", "los_speed_train.csv"), header: 1);
var adjacency = Table(Option("--adjacency", "los_adj.csv"), header: 0);
var everyone = Enumerable.Range(0, speeds[0].Length).ToArray();
var split = speeds.Length * 4 / 5;
var past = Windows(0, split, horizons[^1]);
// Each horizon is evaluated at all moments from which it lies within the file; what lies beyond is a label that does not count.
var rest = Windows(split, speeds.Length, horizons[0]);
// Training uses all but the last tenth of the past, which is the validation data of early stopping.
var (learnt, held) = (past[..(past.Length - past.Length / 10 - horizons[^1])], past[(past.Length - past.Length / 10)..]);

// One network forecasts every sensor.
var watch = Stopwatch.StartNew();
var model = Train(everyone);
var seconds = watch.Elapsed.TotalSeconds;
var errors = new Dictionary<string, Errors> { ["garymesh"] = Evaluate(model, everyone, hidden: 0) };
var hidden = Evaluate(model, everyone, hidden: 0.3);

// Half of the sensors teach the other half.
var shuffled = (int[])everyone.Clone();
new Random(seed).Shuffle(shuffled);
var (ours, theirs) = (shuffled[..(shuffled.Length / 2)], shuffled[(shuffled.Length / 2)..]);
var half = Train(ours);
var (own, other) = (Evaluate(half, ours, hidden: 0), Evaluate(half.On(GraphOf(theirs)), theirs, hidden: 0));

// What is usually done, sensor by sensor.
errors["last value"] = Measure((sensor, _) => (now, _) => speeds[now][sensor]);
errors["historical average"] = Measure((sensor, horizon) =>
{
    var ofDay = Enumerable.Range(0, split).ToLookup(time => time % 288, time => speeds[time][sensor]);
    return (now, _) => ofDay[(now + horizon) % 288].Average();
});
errors["ridge"] = Measure((sensor, horizon) =>
{
    var inputs = Matrix<double>.Build.Dense(past.Length, Lags + 1, (row, lag) => lag == Lags ? 1 : speeds[past[row] - Lags + 1 + lag][sensor]);
    var targets = Vector<double>.Build.Dense(past.Length, row => speeds[past[row] + horizon][sensor]);
    var ridge = Matrix<double>.Build.DenseDiagonal(Lags + 1, Lags + 1, diagonal => diagonal == Lags ? 0 : 1);
    var weights = (inputs.TransposeThisAndMultiply(inputs) + ridge).Cholesky().Solve(inputs.TransposeThisAndMultiply(targets));
    return (_, lags) => (float)(weights[Lags] + lags.Select((value, lag) => value * weights[lag]).Sum());
});
errors["sdca"] = Measure((sensor, horizon) =>
{
    var rows = ml.Data.LoadFromEnumerable(past.Select(now => new Sensor { Features = Last(now, sensor), Label = speeds[now + horizon][sensor] }).ToArray());
    var fitted = ml.Transforms.NormalizeMinMax("Features")
        .Append(ml.Regression.Trainers.Sdca(maximumNumberOfIterations: 20)).Fit(rows);
    var engine = ml.Model.CreatePredictionEngine<Sensor, Forecast>(fitted);
    return (_, lags) => engine.Predict(new Sensor { Features = lags }).Score;
});

Console.WriteLine("RMSE / MAE in mph         15 min         30 min         60 min");
foreach (var (name, error) in errors)
    Console.WriteLine($"{name,-20}  {string.Join("  ", error.Rmse.Zip(error.Mae).Select(pair => $"{pair.First,5:F2} / {pair.Second:F2}"))}");

var result = new Dictionary<string, object>
{
    ["rmse"] = Math.Round(errors["garymesh"].Rmse[0], 4),
    ["mae"] = Math.Round(errors["garymesh"].Mae[0], 4),
    ["parameters"] = model.Model.ParameterCount,
    ["training_seconds"] = Math.Round(seconds, 1),
    ["rmse_30_percent_hidden"] = Math.Round(hidden.Rmse[0], 4),
    ["rmse_own_half"] = Math.Round(own.Rmse[0], 4),
    ["rmse_other_half"] = Math.Round(other.Rmse[0], 4),
};
foreach (var (name, error) in errors)
{
    for (var horizon = 0; horizon < horizons.Length; horizon++)
    {
        result[$"{name.Replace(' ', '_')}_rmse_{names[horizon]}"] = Math.Round(error.Rmse[horizon], 4);
        result[$"{name.Replace(' ', '_')}_mae_{names[horizon]}"] = Math.Round(error.Mae[horizon], 4);
    }
}

Console.WriteLine(JsonSerializer.Serialize(result));

MeshPredictionTransformer Train(int[] sensors) => ml.Regression.Trainers.GaryMeshField(new MeshFieldTrainer.Options
{
    Graph = GraphOf(sensors),
    ResidualFeatures = [.. Enumerable.Range(0, Lags).Reverse()],
}).Fit(Rows(learnt, sensors, hidden: 0), Rows(held, sensors, hidden: 0));

Errors Evaluate(MeshPredictionTransformer trained, int[] sensors, double hidden)
{
    var metrics = ml.Regression.EvaluateGaryMeshField(trained.Transform(Rows(rest, sensors, hidden)), horizons.Length);
    return new Errors([.. metrics.Outputs.Select(output => output.RootMeanSquaredError)], [.. metrics.Outputs.Select(output => output.MeanAbsoluteError)]);
}

// The errors of forecasts that are made for each sensor and horizon on its own.
Errors Measure(Func<int, int, Func<int, float[], float>> fit)
{
    var (rmse, mae) = (new double[horizons.Length], new double[horizons.Length]);
    for (var index = 0; index < horizons.Length; index++)
    {
        var differences = everyone.SelectMany(sensor =>
        {
            var forecast = fit(sensor, horizons[index]);
            return rest.Where(now => now + horizons[index] < speeds.Length)
                .Select(now => (double)forecast(now, Last(now, sensor)) - speeds[now + horizons[index]][sensor]).ToArray();
        }).ToArray();
        rmse[index] = Math.Sqrt(differences.Average(difference => difference * difference));
        mae[index] = differences.Average(Math.Abs);
    }

    return new Errors(rmse, mae);
}

// The moments from which an hour back and so many steps ahead lie within a part of the file.
int[] Windows(int first, int end, int ahead) => [.. Enumerable.Range(first + Lags - 1, end - first - Lags + 1 - ahead)];

float[] Last(int now, int sensor) => [.. Enumerable.Range(now - Lags + 1, Lags).Select(time => speeds[time][sensor])];

MeshGraph GraphOf(int[] sensors)
{
    var pairs = (from i in Enumerable.Range(0, sensors.Length)
                 from j in Enumerable.Range(0, sensors.Length)
                 where i < j && Nearness(sensors[i], sensors[j]) > 0
                 select (i, j)).ToArray();
    return MeshGraph.FromEdges(
        sensors.Length,
        [.. pairs.Select(pair => pair.i)],
        [.. pairs.Select(pair => pair.j)],
        [.. pairs.Select(pair => (double)Nearness(sensors[pair.i], sensors[pair.j]))]);
}

// A jam spreads against the traffic, so an edge is seen from both its ends.
float Nearness(int sensor, int other) => Math.Max(adjacency[sensor][other], adjacency[other][sensor]);

IDataView Rows(int[] moments, int[] sensors, double hidden)
{
    var random = new Random(seed);
    var definition = SchemaDefinition.Create(typeof(City));
    definition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sensors.Length * Lags);
    definition["Label"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, sensors.Length * horizons.Length);
    return ml.Data.LoadFromEnumerable(
        moments.Select(now => new City
        {
            Features = [.. sensors.SelectMany(sensor => Last(now, sensor)).Select(value => random.NextDouble() < hidden ? float.NaN : value)],
            Label = [.. sensors.SelectMany(sensor => horizons.Select(horizon =>
                now + horizon < speeds.Length ? speeds[now + horizon][sensor] : float.NaN))],
        }).ToArray(),
        definition);
}

static float[][] Table(string path, int header) =>
    [.. File.ReadLines(path).Skip(header).Select(line => Array.ConvertAll(line.Split(','), value => float.Parse(value, CultureInfo.InvariantCulture)))];

internal sealed record Errors(double[] Rmse, double[] Mae);

internal sealed class City
{
    public float[] Features { get; set; } = [];

    public float[] Label { get; set; } = [];
}

internal sealed class Sensor
{
    [VectorType(12)]
    public float[] Features { get; set; } = [];

    public float Label { get; set; }
}

internal sealed class Forecast
{
    public float Score { get; set; }
}
