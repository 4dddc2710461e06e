using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace GaryMesh.ChatGraft;

/// <summary>All that a chat is, in one SQLite file: weights, facts, replay buffer and age. Every change is a transaction, so
/// a process killed at any moment leaves the brain as it was before the change or after it.</summary>
/// <remarks>
/// A rollback journal and synchronous=FULL: a change that <see cref="Commit"/> has returned from is on the disk. The file is
/// locked from opening to <see cref="Dispose"/>; a second program is refused. What is deleted is overwritten, so forgotten
/// facts cannot be read from the file. On Unix a new brain is readable by its owner alone. Not for several threads at once.
/// </remarks>
public sealed class Brain : IDisposable
{
    /// <summary>The format that is written; newer ones are refused.</summary>
    public const int Format = 2;

    /// <summary>The replay buffer's size in turns; beyond it the oldest go.</summary>
    public const int BufferedTurns = 4_000;

    // SQLite's locks belong to a process: a second opening in the same process would not see the first, and closing any
    // handle of the file would drop them (POSIX). So a process remembers what it has open.
    private static readonly ConcurrentDictionary<string, bool> _opened = new(StringComparer.Ordinal);

    private readonly SqliteConnection _connection;
    private readonly string _key;
    private bool _disposed;

    private Brain(string path, string key, SqliteConnection connection)
    {
        (Path, _key, _connection) = (path, key, connection);
        Age = (long)(Scalar("SELECT value FROM state WHERE key = 'age'") ?? 0L);
    }

    /// <summary>Where a brain lies that was given no other place: among the user's own data.</summary>
    public static string DefaultPath =>
        System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "gary-mesh", "gary.brain");

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The number of turns that users have said to it.</summary>
    public long Age { get; private set; }

    /// <summary>Whether the brain was made by this opening.</summary>
    public bool IsNew { get; private init; }

    /// <summary>Whether there was a file, but an empty one: where a brain was expected, what it held is lost.</summary>
    public bool WasEmpty { get; private init; }

    /// <summary>What the hashes of its marks are keyed with.</summary>
    internal byte[] Key => (byte[])Scalar("SELECT value FROM state WHERE key = 'key'")!;

    /// <summary>Opens a brain, or makes an empty one where there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BrainException">The file is no brain, damaged, from a newer version, in use or out of reach. It is left
    /// as it was.</exception>
    public static Brain Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);

        try
        {
            if (Directory.Exists(path)) throw new BrainException($"'{path}' is a folder, not a brain.");
            var key = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
            if (!_opened.TryAdd(key, true)) throw new BrainException($"The brain '{path}' is already open in this program.");

            try
            {
                return OpenFile(path, key);
            }
            catch
            {
                _opened.TryRemove(key, out _);
                throw;
            }
        }
        catch (Exception refusal) when (refusal is UnauthorizedAccessException or SqliteException
            || refusal is IOException and not BrainException)
        {
            throw new BrainException(Sentence(path, refusal), refusal);
        }
    }

    /// <summary>The facts, the oldest first.</summary>
    public IReadOnlyList<Fact> ReadFacts() =>
        Rows("SELECT id, subject, relation, value, sentence, owner, strength, touched, user, turn, conversation, day, former FROM episodes ORDER BY id", row => new Fact(
            row.GetInt64(0),
            new Statement(row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), (FactOwner)row.GetInt32(5)),
            row.GetDouble(6),
            row.GetInt64(7))
        {
            User = row.GetString(8),
            Turn = row.GetInt64(9),
            Conversation = row.GetInt64(10),
            Day = DateOnly.FromDayNumber(row.GetInt32(11)),
            Former = row.GetString(12),
        });

    /// <summary>The replay buffer, the oldest turn first.</summary>
    public IReadOnlyList<BufferedTurn> ReadTurns() =>
        Rows("SELECT id, conversation, speaker, text, slept, user FROM replay ORDER BY id", row => new BufferedTurn(
            row.GetInt64(0), row.GetInt64(1), (Speaker)row.GetInt32(2), row.GetString(3), row.GetBoolean(4))
        { User = row.GetString(5) });

    /// <summary>What is known of turns and words that are no longer there.</summary>
    public IReadOnlyList<Mark> ReadMarks() =>
        Rows("SELECT user, code, times FROM marks", row => new Mark(row.GetString(0), row.GetString(1), row.GetInt64(2)));

    /// <summary>Weights by name; null where the brain has none of its own.</summary>
    public byte[]? ReadWeights(string name) =>
        Rows("SELECT data FROM weights WHERE name = $name", row => (byte[])row.GetValue(0), ("$name", name)).FirstOrDefault();

    /// <summary>Writes a change whole, or not at all.</summary>
    /// <param name="change">What changes.</param>
    /// <returns>The numbers of the appended turns.</returns>
    /// <exception cref="BrainException">It could not be written; the brain is as it was.</exception>
    public IReadOnlyList<long> Commit(BrainChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        ObjectDisposedException.ThrowIf(_disposed, this);

        try
        {
            CheckPlace();
            using var transaction = _connection.BeginTransaction();
            var ids = Write(change);
            transaction.Commit();
            Age = change.Age ?? Age;
            return ids;
        }
        catch (SqliteException refusal)
        {
            throw new BrainException(Sentence(Path, refusal), refusal);
        }
    }

    /// <summary>Copies the brain as it is now to another file; nothing that was deleted goes along.</summary>
    /// <param name="path">The copy, which must not exist.</param>
    /// <exception cref="BrainException">It could not be written.</exception>
    public void Backup(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var made = false;

        try
        {
            Create(System.IO.Path.GetFullPath(path));
            made = true;
            Execute("VACUUM INTO $path", ("$path", System.IO.Path.GetFullPath(path)));
        }
        catch (Exception refusal) when (refusal is UnauthorizedAccessException or IOException or SqliteException)
        {
            if (made) File.Delete(path);
            throw new BrainException(Sentence(path, refusal), refusal);
        }
    }

    /// <summary>Writes the file anew without anything that was deleted. Deleted rows are overwritten at once, but pages that were
    /// split or merged may hold what stood there before.</summary>
    /// <exception cref="BrainException">It could not be written; the brain is whole.</exception>
    internal void Scour()
    {
        try
        {
            Run(_connection, "VACUUM");
        }
        catch (SqliteException refusal)
        {
            throw new BrainException($"What was forgotten is out of the brain '{Path}', but its free pages could not be written over: {refusal.Message.TrimEnd('.')}.", refusal);
        }
    }

    /// <summary>Closes the file and gives it free.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _connection.Dispose();
        _opened.TryRemove(_key, out _);
    }

    private static Brain OpenFile(string path, string key)
    {
        var interrupted = BrainHeader.ChangeWasInterrupted(path);
        var file = new FileInfo(path);
        if (!file.Exists) Create(path);
        else if (file.Length > 0 && !interrupted) BrainHeader.Check(path, Format);

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());

        try
        {
            connection.Open();
            Run(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF");
            // The first read undoes an interrupted change. An empty file gets its tables with its very first page, so that
            // there is never a page without the application's mark.
            var isNew = Scalar(connection, "PRAGMA page_count") is 0L;
            Run(connection, isNew ? _schema : "BEGIN EXCLUSIVE; COMMIT");
            if (!isNew) CheckContent(path, connection, interrupted);
            if (isNew || Scalar(connection, "PRAGMA user_version") is 1L) Run(connection, _second);
            Run(connection, "PRAGMA journal_mode = DELETE");
            return new Brain(path, key, connection) { IsNew = isNew, WasEmpty = isNew && file.Exists };
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CheckContent(string path, SqliteConnection connection, bool interrupted)
    {
        if (interrupted)
        {
            if (Scalar(connection, "PRAGMA application_id") is not (long)BrainHeader.Application)
                throw new BrainException($"'{path}' is a database of another program, not a brain of this one.");
            BrainHeader.CheckFormat(path, (int)(long)Scalar(connection, "PRAGMA user_version")!, Format);
        }

        if (Scalar(connection, "PRAGMA quick_check(1)") is not "ok")
            throw new BrainException($"The brain '{path}' is damaged: its pages do not fit together.");
        if (Scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('state', 'weights', 'episodes', 'replay')") is not 4L)
            throw new BrainException($"The brain '{path}' is damaged: a table is missing.");
    }

    // A file that was deleted or replaced goes on taking changes that nobody will ever read.
    private void CheckPlace()
    {
        var file = new FileInfo(_key);
        if (!file.Exists || file.Length != (long)Scalar("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")!)
            throw new BrainException($"The brain '{Path}' was deleted or replaced while it was open: nothing more can be kept in it.");
    }

    private static void Create(string path)
    {
        if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
    }

    private List<long> Write(BrainChange change)
    {
        if (change.Age is { } age)
            Execute("INSERT INTO state (key, value) VALUES ('age', $age) ON CONFLICT (key) DO UPDATE SET value = $age", ("$age", age));

        foreach (var id in change.ForgottenFacts) Execute("DELETE FROM episodes WHERE id = $id", ("$id", id));
        foreach (var id in change.ForgottenTurns) Execute("DELETE FROM replay WHERE id = $id", ("$id", id));

        foreach (var (user, code) in change.LiftedMarks) Execute("DELETE FROM marks WHERE user = $user AND code = $code", ("$user", user), ("$code", code));

        foreach (var (user, code, times) in change.Marks)
            Execute("INSERT OR REPLACE INTO marks (user, code, times) VALUES ($user, $code, $times)", ("$user", user), ("$code", code), ("$times", times));

        foreach (var fact in change.Facts)
        {
            var (id, told, strength, touched) = fact;
            Execute(
                "INSERT OR REPLACE INTO episodes (id, subject, relation, value, sentence, owner, strength, touched, user, turn, conversation, day, former) "
                + "VALUES ($id, $subject, $relation, $value, $sentence, $owner, $strength, $touched, $user, $turn, $conversation, $day, $former)",
                ("$id", id), ("$subject", told.Subject), ("$relation", told.Relation), ("$value", told.Value),
                ("$sentence", told.Sentence), ("$owner", (int)told.Owner), ("$strength", strength), ("$touched", touched),
                ("$user", fact.User), ("$turn", fact.Turn), ("$conversation", fact.Conversation), ("$day", fact.Day.DayNumber), ("$former", fact.Former));
        }

        foreach (var (name, data) in change.Weights)
            Execute("INSERT OR REPLACE INTO weights (name, data) VALUES ($name, $data)", ("$name", name), ("$data", data));

        if (change.SleptUpTo is { } last) Execute("UPDATE replay SET slept = 1 WHERE id <= $last", ("$last", last));

        var ids = new List<long>();

        foreach (var turn in change.Turns)
        {
            ids.Add((long)Scalar(
                "INSERT INTO replay (id, conversation, speaker, text, slept, user) VALUES ($id, $conversation, $speaker, $text, $slept, $user) RETURNING id",
                ("$id", turn.Id > 0 ? turn.Id : DBNull.Value), ("$conversation", turn.Conversation), ("$speaker", (int)turn.Speaker),
                ("$text", turn.Text), ("$slept", turn.Slept), ("$user", turn.User))!);
        }

        if (ids.Count > 0) Execute("DELETE FROM replay WHERE id <= (SELECT max(id) FROM replay) - $kept", ("$kept", BufferedTurns));
        return ids;
    }

    private List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string, object)> values)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);

        try
        {
            using var command = Command(_connection, sql, values);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(read(reader));
            return rows;
        }
        catch (SqliteException refusal)
        {
            throw new BrainException(Sentence(Path, refusal), refusal);
        }
    }

    private void Execute(string sql, params ReadOnlySpan<(string, object)> values)
    {
        using var command = Command(_connection, sql, values);
        command.ExecuteNonQuery();
    }

    private object? Scalar(string sql, params ReadOnlySpan<(string, object)> values) => Scalar(_connection, sql, values);

    private static object? Scalar(SqliteConnection connection, string sql, params ReadOnlySpan<(string, object)> values)
    {
        using var command = Command(connection, sql, values);
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql, []);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value);
        return command;
    }

    // SQLite's result codes: 5 busy, 6 locked, 8 read-only, 11 corrupt, 13 full, 14 cannot open, 26 not a database.
    private static string Sentence(string path, Exception refusal) => refusal switch
    {
        SqliteException { SqliteErrorCode: 5 or 6 } => $"The brain '{path}' is in use by another program; close that one first.",
        SqliteException { SqliteErrorCode: 8 } => $"The brain '{path}' cannot be written: the file is read-only.",
        SqliteException { SqliteErrorCode: 11 or 26 } => $"The brain '{path}' is damaged: its pages do not fit together.",
        SqliteException { SqliteErrorCode: 13 } => $"The brain '{path}' cannot be written: the disk is full.",
        UnauthorizedAccessException or SqliteException { SqliteErrorCode: 14 } => $"The brain '{path}' cannot be opened: access is denied.",
        _ => $"The brain '{path}' cannot be used: {refusal.Message.TrimEnd('.')}.",
    };

    private static readonly string _schema = $"""
        BEGIN EXCLUSIVE;
        PRAGMA application_id = {BrainHeader.Application};
        PRAGMA user_version = 1;
        CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE weights (name TEXT PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE episodes (
            id INTEGER PRIMARY KEY, subject TEXT NOT NULL, relation TEXT NOT NULL, value TEXT NOT NULL, sentence TEXT NOT NULL,
            owner INTEGER NOT NULL, strength REAL NOT NULL, touched INTEGER NOT NULL);
        CREATE TABLE replay (
            id INTEGER PRIMARY KEY AUTOINCREMENT, conversation INTEGER NOT NULL, speaker INTEGER NOT NULL, text TEXT NOT NULL,
            slept INTEGER NOT NULL);
        COMMIT;
        """;

    // What the second format has beyond the first. A turn that an older brain holds was heard; the session marks it.
    private static readonly string _second = """
        BEGIN EXCLUSIVE;
        ALTER TABLE episodes ADD COLUMN user TEXT NOT NULL DEFAULT '';
        ALTER TABLE episodes ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE episodes ADD COLUMN conversation INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE episodes ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE episodes ADD COLUMN former TEXT NOT NULL DEFAULT '';
        ALTER TABLE replay ADD COLUMN user TEXT NOT NULL DEFAULT '';
        CREATE TABLE marks (user TEXT, code TEXT, times INTEGER NOT NULL, PRIMARY KEY (user, code)) WITHOUT ROWID;
        INSERT INTO state (key, value) VALUES ('key', randomblob(32));
        PRAGMA user_version = 2;
        COMMIT;
        """;
}
