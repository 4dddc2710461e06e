/// Every public member of the library under test has an XML doc that a reader's tools can show: linked into each test project.
module GaryMesh.Tests.Docs

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open FSharp.Reflection

/// GaryMesh.X for the tests GaryMesh.X.Tests.
let private library =
    let tests = Assembly.GetExecutingAssembly().GetName().Name |> nonNull
    Assembly.Load(tests[.. tests.Length - ".Tests".Length - 1])

// ---- Documentation ids (ECMA-334, annex D.4) ----

let private nameOf (kind: Type) = (nonNull kind.FullName).Replace('+', '.')

/// A type as a signature mentions it: generic arguments in braces, each beside the type that takes it.
let rec private mention (kind: Type) : string =
    if kind.HasElementType then
        let suffix =
            if kind.IsByRef then "@"
            elif kind.IsPointer then "*"
            elif kind.IsSZArray then "[]"
            else "[" + String.Join(',', Seq.replicate (kind.GetArrayRank()) "0:") + "]"

        mention (nonNull (kind.GetElementType())) + suffix
    elif kind.IsGenericParameter then
        (if isNull kind.DeclaringMethod then "`" else "``") + string kind.GenericParameterPosition
    elif kind.IsGenericType then
        let arguments = Queue(Seq.map mention (kind.GetGenericArguments()))

        Regex.Replace(
            nameOf (kind.GetGenericTypeDefinition()),
            "`([0-9]+)",
            fun arity ->
                let own = List.init (int arity.Groups[1].Value) (fun _ -> arguments.Dequeue())
                "{" + String.Join(',', own) + "}"
        )
    else
        nameOf kind

let private idOf (part: MemberInfo) : string =
    let within letter suffix (parameters: ParameterInfo[]) =
        let types = String.Join(',', [ for each in parameters -> mention each.ParameterType ])
        let list = if types = "" then "" else $"({types})"
        $"{letter}:{nameOf (nonNull part.DeclaringType)}.{part.Name.Replace('.', '#')}{suffix}{list}"

    match part with
    | :? Type as kind -> "T:" + nameOf kind
    | :? ConstructorInfo as constructor -> within "M" "" (constructor.GetParameters())
    | :? MethodInfo as routine ->
        let arity = routine.GetGenericArguments().Length
        let id = within "M" (if arity = 0 then "" else $"``{arity}") (routine.GetParameters())

        match routine.Name with
        | "op_Implicit"
        | "op_Explicit" -> $"{id}~{mention routine.ReturnType}"
        | _ -> id
    | :? PropertyInfo as property -> within "P" "" (property.GetIndexParameters())
    | :? EventInfo -> within "E" "" [||]
    | _ -> within "F" "" [||]

// ---- What the public sees ----

let private isGenerated (part: MemberInfo) =
    part.Name.Contains '<' || part.IsDefined(typeof<CompilerGeneratedAttribute>, false)

let private isSeen (routine: MethodBase) = routine.IsPublic || routine.IsFamily || routine.IsFamilyOrAssembly

/// The ids of a type and of its own members that somebody wrote; those that the compiler adds, and overrides, have the
/// docs of what they come from.
let private idsOf (kind: Type) : string list =
    let everything =
        BindingFlags.Public
        ||| BindingFlags.NonPublic
        ||| BindingFlags.Instance
        ||| BindingFlags.Static
        ||| BindingFlags.DeclaredOnly

    let isWritten (part: MemberInfo) =
        match part with
        | :? MethodInfo as routine ->
            isSeen routine
            && (not routine.IsSpecialName || routine.Name.StartsWith "op_")
            && routine.GetBaseDefinition().DeclaringType = routine.DeclaringType
            && not (routine.Name.Contains '.')
        | :? ConstructorInfo as constructor ->
            isSeen constructor && constructor.GetParameters().Length > 0 && not (FSharpType.IsRecord kind)
        | :? PropertyInfo as property ->
            property.GetAccessors true
            |> Seq.exists (fun accessor -> isSeen accessor && accessor.GetBaseDefinition().DeclaringType = kind)
            && not (property.Name.Contains '.')
        | :? EventInfo as event -> isSeen (nonNull event.AddMethod)
        | :? FieldInfo as field ->
            (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && not field.IsSpecialName
        | _ -> false

    let cases =
        if FSharpType.IsUnion kind then
            [ for case in FSharpType.GetUnionCases kind -> case.Name ]
        else
            []

    let makesCase (part: MemberInfo) = cases |> List.exists (fun case -> part.Name = case || part.Name = "New" + case)

    [ idOf kind
      for case in cases do
          $"T:{nameOf kind}.{case}"
      if not (typeof<Delegate>.IsAssignableFrom kind) then
          for part in kind.GetMembers everything do
              if isWritten part && not (isGenerated part || makesCase part) then
                  idOf part ]

/// Public types but for what F# makes of a union's cases, which has the docs of the cases.
let private typesOf (assembly: Assembly) =
    assembly.GetExportedTypes()
    |> Seq.filter (fun kind ->
        // Orleans makes serializers.
        not (isGenerated kind || (string kind.Namespace).StartsWith "OrleansCodeGen")
        && not (
            kind.IsNested
            && FSharpType.IsUnion(nonNull kind.DeclaringType)
            && (kind.Name = "Tags" || kind.BaseType = kind.DeclaringType)
        ))

// ---- What the docs say ----

let private named (element: XElement) = (nonNull (element.Attribute "name")).Value

let private docs =
    lazy
        ([ for entry in
               XDocument
                   .Load(nonNull (Path.ChangeExtension(library.Location, ".xml")), LoadOptions.PreserveWhitespace)
                   .Descendants
                   "member" do
               named entry, entry ]
         |> dict)

/// The public members with their docs, empty where there is none. The doc of a record's parameter is its property's.
let private documented =
    lazy
        [ for kind in typesOf library do
              let parameters =
                  match docs.Value.TryGetValue(idOf kind) with
                  | true, entry ->
                      set
                          [ for each in entry.Elements "param" do
                                $"P:{nameOf kind}.{named each}" ]
                  | _ -> Set.empty

              for id in idsOf kind do
                  if not (parameters.Contains id) then
                      match docs.Value.TryGetValue id with
                      | true, entry -> id, entry
                      | _ -> id, XElement "member" ]

let private isBlank (element: XElement) = String.IsNullOrWhiteSpace element.Value

let private lacksSummary (entry: XElement) =
    Seq.isEmpty (entry.Elements "inheritdoc") && entry.Elements "summary" |> Seq.forall isBlank

let private tag =
    Regex
        "</?(summary|remarks|returns|value|param|typeparam|exception|paramref|typeparamref|see|seealso|c|code|para|list|item|term|description|inheritdoc)\\b[^<>]*>"

let private holdsEscapedTags (entry: XElement) = tag.IsMatch entry.Value

let private isSilent (entry: XElement) = entry.Descendants "exception" |> Seq.exists isBlank

/// A type by its documentation name, in the library or what it references.
let private find: string -> Type option =
    let known = lazy (library :: [ for name in library.GetReferencedAssemblies() -> Assembly.Load name ])

    let rec names (name: string) =
        seq {
            name

            match name.LastIndexOf '.' with
            | -1 -> ()
            | dot ->
                for outer in names name[.. dot - 1] do
                    $"{outer}+{name[dot + 1 ..]}"
        }

    fun name ->
        Seq.allPairs (names name) known.Value
        |> Seq.tryPick (fun (name, assembly) -> Option.ofObj (assembly.GetType name))
        |> Option.filter _.IsVisible

/// Whether a reader can follow a reference.
let private resolves (cref: string) =
    let owner = cref[2..].Split('(')[0]

    match cref[0] with
    | 'T' -> (find owner).IsSome
    | 'P'
    | 'M'
    | 'F'
    | 'E' when owner.Contains '.' ->
        find (owner[.. owner.LastIndexOf '.' - 1])
        |> Option.exists (fun kind -> kind.GetMembers() |> Seq.exists (fun part -> idOf part = cref))
    | _ -> false

let private leadsNowhere (entry: XElement) =
    entry.Descendants()
    |> Seq.collect (fun element -> element.Attributes "cref")
    |> Seq.exists (fun cref -> not (resolves cref.Value))

let private expectNone fault what =
    let faulty =
        [ for id, entry in documented.Value do
              if fault entry then
                  id ]

    if not faulty.IsEmpty then
        let list = String.Join("\n  ", faulty)
        failtest $"{faulty.Length} of {documented.Value.Length} members {what}:\n  {list}"

[<Tests>]
let tests =
    testList
        "Docs"
        [ test "every public member has a summary" { expectNone lacksSummary "have none" }
          test "no doc shows its markup" { expectNone holdsEscapedTags "show it" }
          test "every reference leads to a public type or member" { expectNone leadsNowhere "have one that does not" }
          test "every exception says when it is thrown" { expectNone isSilent "have one that does not" }

          test "a doc of each fault is found" {
              let doc = XElement.Parse

              for fault, sound, faulty in
                  [ lacksSummary, "<summary>Sums.</summary>", "<summary> </summary><remarks>Sums.</remarks>"
                    holdsEscapedTags, "<summary>a &lt; b > c</summary>", "<summary>&lt;c>a&lt;/c></summary>"
                    leadsNowhere, "<see cref='M:System.Math.Abs(System.Int32)'/>", "<see cref='M:System.Math.Abs'/>"
                    leadsNowhere, "<see cref='T:System.Action`2'/>", "<see cref='!:Action'/>"
                    isSilent, "<exception cref='T:X'>No.</exception>", "<exception cref='T:X'></exception>" ] do
                  Expect.isFalse (fault (doc $"<member>{sound}</member>")) sound
                  Expect.isTrue (fault (doc $"<member>{faulty}</member>")) faulty
          } ]
