module GaryMesh.Tests.Files.SafeFileTests

open System
open System.IO
open Expecto
open GaryMesh
open GaryMesh.Tests.Files.Support

let private writeText (path: string) (text: string) =
    SafeFile.Write(path, (fun stream -> stream.Write(ReadOnlySpan(Text.Encoding.UTF8.GetBytes text))))

[<Tests>]
let tests =
    testList
        "SafeFile"
        [ test "writes a new file and replaces an old one, leaving nothing beside it" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.txt")
                  writeText path "first"
                  Expect.equal (File.ReadAllText path) "first" "new"
                  writeText path "2"
                  Expect.equal (File.ReadAllText path) "2" "replaced"
                  Expect.equal (Directory.GetFileSystemEntries folder) [| path |] "alone")
          }

          test "keeps the old file and deletes the temporary one when writing fails" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.txt")
                  writeText path "old"

                  Expect.throwsT<InvalidOperationException>
                      (fun () ->
                          SafeFile.Write(
                              path,
                              fun stream ->
                                  stream.WriteByte 1uy
                                  raise (InvalidOperationException "stop")
                          ))
                      "the writer's own exception passes"

                  Expect.equal (File.ReadAllText path) "old" "kept"
                  Expect.equal (Directory.GetFileSystemEntries folder) [| path |] "alone")
          }

          test "tells in one sentence what cannot be written" {
              inFolder (fun folder ->
                  for path in [ Path.Combine(folder, "absent", "a.txt"); folder ] do
                      try
                          writeText path "x"
                          failtest "nothing was refused"
                      with :? IOException as error ->
                          Expect.stringStarts error.Message $"Could not write '{path}': " "names the path"
                          Expect.stringEnds error.Message "." "a sentence"
                          Expect.isFalse (error.Message.Contains ".tmp") "no name that the reader never gave"

                  Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing is left")
          }

          test "refuses to replace a read-only file" {
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.txt")
                  writeText path "old"
                  File.SetAttributes(path, FileAttributes.ReadOnly)

                  // Who may write everything (root) sees no file as read-only.
                  if File.GetAttributes(path).HasFlag FileAttributes.ReadOnly then
                      Expect.throwsT<UnauthorizedAccessException> (fun () -> writeText path "new") "read-only"
                      Expect.equal (File.ReadAllText path) "old" "kept"

                  File.SetAttributes(path, FileAttributes.Normal))
          }

          test "refuses an empty path" { Expect.throwsT<ArgumentException> (fun () -> writeText " " "x") "no path" }

          test "writes through a symbolic link and keeps the permissions" {
              if OperatingSystem.IsWindows() then
                  skiptest "Links and permissions are told differently on Windows."

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.txt")
                  let link = Path.Combine(folder, "link.txt")
                  writeText path "old"
                  File.SetUnixFileMode(path, UnixFileMode.UserRead ||| UnixFileMode.UserWrite)
                  File.CreateSymbolicLink(link, path) |> ignore
                  writeText link "new"
                  Expect.equal (File.ReadAllText path) "new" "the target is replaced"
                  Expect.isNotNull (FileInfo(link).LinkTarget) "the link stays"

                  Expect.equal
                      (File.GetUnixFileMode path)
                      (UnixFileMode.UserRead ||| UnixFileMode.UserWrite)
                      "permissions")
          }

          test "writes to a device without replacing it" {
              if OperatingSystem.IsWindows() || not (File.Exists "/dev/null") then
                  skiptest "There is no null device here."

              writeText "/dev/null" "x"
              Npz.Write("/dev/null", dict [ "a", NpyArray.OfText "x" ])
              Expect.equal (FileInfo("/dev/null").Length) 0L "still the device"
          } ]
