namespace GaryMesh.Cli.Shell;

/// <summary>Something the user gave cannot be used; the message is the sentence to show.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
