"""Where each behaviour of the console language comes from."""

from collections.abc import Mapping

Sources = Mapping[str, tuple[str, ...]]

OBSERVED: Sources = {
    "public recordings of `:parse` and consoles, CHR 7.20.8 to 7.23.7": (
        "an absent menu before a slash is a syntax error at that slash, and nothing runs",
        "any other unknown name is bad command name x once it is reached, at the name",
        "an unknown argument is bad parameter x at its equals sign, once its command is reached",
        "columns count bytes from one",
        "unique beginnings of menus, commands and arguments are understood",
        "parsed code shows as (evl /path…), operators in front, booleans and times spelled out",
        "an unknown command shows as (<%% bad command name …) with its words",
        "code is (code) everywhere but in :put; a function is an array whose first element is empty",
        "$name in a filter is the property, if the menu has one of that name",
        "a table names the flags and columns that its rows have",
        "print as-value alone prints nothing",
        "errors of scripts tell the command and the line",
        "missing arguments of add are listed after Script Error:",
        "an error of :error carries its place on terminals too",
    ),
    "tests that users published, 7.21 to 7.24": (
        "and, or compute both sides",
        "for counts down where to is less than from",
        "names that are not declared read as nothing; :set of one is a syntax error",
        "a function sees no local of where it was defined",
        "an index or key that is missing is nothing, no error",
        "numbers run over at 64 bits",
        "texts that are numbers are added as numbers; texts have no order",
        ":tobool of yes is nil",
        "errors inside :execute are its output and reach no on-error",
        ":return inside :onerror is the result of :onerror",
        ":quit passes every on-error",
        "escapes in hexadecimal are capitals only",
        "import says Script Error: and both places; a missing file cannot be opened",
        "a set or remove of nothing found is no error",
        "times go past 24 hours with days and weeks",
    ),
}
DOCUMENTED: Sources = {
    "vendor manual, Scripting": (
        "comments, joined lines, blanks and the end of commands",
        "escape sequences; any other is a syntax error",
        "scopes of local and global variables; a parameter hides a global of its name",
        "data types, operators on addresses and times, -> on lists",
        "keyed elements come after the others, in the order of their keys",
        "JSON of texts that are numbers has six decimals unless told otherwise",
        ":onerror says whether there was an error; :retry tries max times",
        "exports take filters from 7.13 on and path from 7.23 on",
        "import runs a file up to its first error; verbose goes line by line, dry-run changes nothing",
        "a script runs with its caller's rights, or with use-script-permissions with its own",
        "a script whose policy exceeds its caller's does not run",
        "globals last until the next boot",
        ":convert reads and writes base32, base64, hex, num, raw and url",
    ),
    "change logs of 7.4, 7.11, 7.13 and 7.22": (
        ":retry since 7.4, :convert since 7.11, :onerror and :serialize since 7.13, :break since 7.22",
    ),
}
ASSUMED = (
    "a script ends after 250,000 steps, 4 MB of output, or 1 MB in one text",
    "precedence of operators beyond the manual's examples",
    "an unclosed quote or bracket other than a brace is a syntax error at the end",
    "a stray closing bracket is a syntax error",
    "a name where rows have none is expected item id",
    "row numbers count over the menu, printed before or not",
    "types of properties follow the menus' field types",
    "conditions side by side in a filter must all hold",
    "an unknown property in a filter is bad parameter x",
    "a value that follows a quoted one without a blank ends the command",
    "which columns a table has, and the look of details, value lists and frames",
    "wording of type errors that no source shows",
    "regular expressions are POSIX extended; a bad one is bad regular expression",
    "a background :execute runs at once and its pauses are left out",
    ":resolve knows static entries only",
    "POST import refuses with the console's text",
    "a shell asks for the rest of an open bracket with {...",
    ":put of a function with parameters joins its texts by a dot",
    ":serialize and :deserialize know JSON only; :convert knows no bit arrays and keys",
)
