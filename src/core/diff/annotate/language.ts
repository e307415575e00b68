/** What a file's language is to somebody who reads a change of it: how comments begin, and whether indentation means anything. */
export interface Language {
  readonly name: string;
  readonly lineComments: readonly string[];
  readonly blockComment: readonly [string, string] | null;
  /** Longest first. */
  readonly quotes: readonly string[];
  readonly isIndented: boolean;
  /** Prose and data have no operators, signatures or errors to handle. */
  readonly kind: "code" | "markup" | "prose" | "data";
}

const C_LIKE: Omit<Language, "name"> = {
  lineComments: ["//"],
  blockComment: ["/*", "*/"],
  quotes: ['"', "'"],
  isIndented: false,
  kind: "code",
};
const SCRIPT: Omit<Language, "name"> = { ...C_LIKE, quotes: ['"', "'", "`"] };
const HASH: Omit<Language, "name"> = { ...C_LIKE, lineComments: ["#"], blockComment: null };

const LANGUAGES: readonly (readonly [readonly string[], Language])[] = [
  [["js", "jsx", "mjs", "cjs"], { name: "javascript", ...SCRIPT }],
  [["ts", "tsx", "mts", "cts"], { name: "typescript", ...SCRIPT }],
  [["vue", "svelte", "astro"], { name: "component", ...SCRIPT }],
  [["py", "pyi", "pyx"], { name: "python", ...HASH, quotes: ['"""', "'''", '"', "'"], isIndented: true }],
  [["go"], { name: "go", ...SCRIPT }],
  [["rs"], { name: "rust", ...C_LIKE, quotes: ['"'] }],
  [["java", "kt", "kts", "scala", "groovy", "gradle"], { name: "java", ...C_LIKE }],
  [["c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm"], { name: "c", ...C_LIKE }],
  [["cs"], { name: "csharp", ...C_LIKE }],
  [["swift", "dart", "zig", "d"], { name: "c-like", ...C_LIKE }],
  [["php"], { name: "php", ...C_LIKE, lineComments: ["//", "#"] }],
  [["rb", "rake", "gemspec"], { name: "ruby", ...HASH }],
  [["sh", "bash", "zsh", "fish", "ksh"], { name: "shell", ...HASH }],
  [["pl", "pm", "r", "jl", "ex", "exs", "nix", "cmake"], { name: "hash", ...HASH }],
  [["lua"], { name: "lua", ...HASH, lineComments: ["--"] }],
  [["hs", "elm"], { name: "haskell", ...HASH, lineComments: ["--"], isIndented: true }],
  [["sql"], { name: "sql", ...C_LIKE, lineComments: ["--"] }],
  [["tf", "hcl"], { name: "terraform", ...C_LIKE, lineComments: ["#", "//"] }],
  [["css", "scss", "less"], { name: "css", ...C_LIKE, kind: "markup" }],
  [
    ["html", "htm", "xml", "svg"],
    { name: "html", ...C_LIKE, lineComments: [], blockComment: ["<!--", "-->"], kind: "markup" },
  ],
  [["yaml", "yml"], { name: "yaml", ...HASH, isIndented: true, kind: "data" }],
  [["toml", "ini", "cfg", "conf", "properties", "env"], { name: "ini", ...HASH, kind: "data" }],
  [["json", "json5", "jsonc", "lock", "csv", "tsv", "snap"], { name: "data", ...C_LIKE, quotes: ['"'], kind: "data" }],
  [
    ["md", "mdx", "rst", "txt", "adoc", "tex"],
    { name: "prose", ...C_LIKE, lineComments: [], blockComment: null, quotes: [], kind: "prose" },
  ],
];

const BY_EXTENSION = new Map(
  LANGUAGES.flatMap(([extensions, language]) => extensions.map((end) => [end, language] as const)),
);
const BY_NAME = new Map<string, Language>([
  ["dockerfile", { name: "docker", ...HASH }],
  ["makefile", { name: "make", ...HASH, isIndented: true }],
  ["gemfile", { name: "ruby", ...HASH }],
  ["rakefile", { name: "ruby", ...HASH }],
  ["jenkinsfile", { name: "java", ...C_LIKE }],
  ["license", { name: "prose", ...C_LIKE, lineComments: [], blockComment: null, quotes: [], kind: "prose" }],
  [".gitignore", { name: "ini", ...HASH, kind: "data" }],
]);

/** The language of a path; what is not known is taken for code with C's comments. */
export function languageOf(path: string): Language {
  const name = (path.split("/").at(-1) ?? "").toLowerCase();
  const named = BY_NAME.get(name) ?? (name.startsWith("dockerfile") ? BY_NAME.get("dockerfile") : undefined);
  const end = name.includes(".") ? (name.split(".").at(-1) ?? "") : "";
  return named ?? BY_EXTENSION.get(end) ?? { name: "unknown", ...C_LIKE };
}
