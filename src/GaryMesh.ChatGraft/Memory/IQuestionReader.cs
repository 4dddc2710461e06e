namespace GaryMesh.ChatGraft;

/// <summary>A line as a reader sees it.</summary>
/// <param name="Line">Its words.</param>
/// <param name="Keys">[words x key] what the head compares them by.</param>
/// <param name="Weights">How much each counts in a question.</param>
/// <param name="Acts">The probability of each speech act.</param>
internal sealed record Seen(Line Line, float[] Keys, float[] Weights, float[] Acts)
{
    /// <summary>What it does, most probably.</summary>
    public SpeechAct Act => Line.Quotes ? SpeechAct.Quote : Line.Supposes ? SpeechAct.Suppose : (SpeechAct)Array.IndexOf(Acts, Acts.Max());

    /// <summary>The probability that it does this.</summary>
    public float Probability(SpeechAct act) => Acts[(int)act];
}

/// <summary>Reads questions, and ranks by them what was told.</summary>
internal interface IQuestionReader
{
    /// <summary>Reads a line.</summary>
    /// <param name="clean">The line.</param>
    /// <param name="form">What a form has found in it; null for nothing.</param>
    Seen Read(string clean, Statement? form = null);

    /// <summary>How much better than "none of these" each of some told lines answers, as the logarithm of the odds.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="told">The told lines.</param>
    /// <param name="frequency">How many told lines hold a word's key.</param>
    float[] Answers(Seen asked, IReadOnlyList<Seen> told, Func<string, int> frequency);

    /// <summary>Probabilities that a line goes on from an earlier one, and that it takes its place.</summary>
    /// <param name="now">The line.</param>
    /// <param name="was">The earlier line.</param>
    /// <param name="between">How many turns lie between them.</param>
    (float GoesOn, float Replaces) Relates(Seen now, Seen was, int between);
}
