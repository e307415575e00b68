/** What a command is for; only these are run again and repaired. */
export const COMMAND_PURPOSES = ["test", "lint", "build"] as const;

/** One of {@link COMMAND_PURPOSES}. */
export type CommandPurpose = (typeof COMMAND_PURPOSES)[number];

type Judge = CommandPurpose | ((rest: readonly string[]) => CommandPurpose | null);

/** The first word that is no flag, and what it means. */
function byWord(words: Readonly<Record<string, CommandPurpose>>, none: CommandPurpose | null = null): Judge {
  return (rest) => {
    const word = rest.find((entry) => !entry.startsWith("-") && !entry.startsWith("+") && !entry.includes("="));
    return word === undefined ? none : (words[word] ?? null);
  };
}

/** What a script or target is for, by its name: `test:unit`, `lint-fix`, `typecheck`… */
function byName(name: string): CommandPurpose | null {
  if (/(^|[:_-])(tests?|spec|check|ci|e2e|unit)($|[:_-])/.test(name)) return "test";
  if (/(^|[:_-])(lint|format|fmt|style)($|[:_-])/.test(name)) return "lint";
  return /(^|[:_-])(build|compile|all|typecheck|tsc|types|bundle)($|[:_-])/.test(name) ? "build" : null;
}

/** `npm test`, `npm run NAME`, and tools that a package manager runs. */
function packageManager(rest: readonly string[]): CommandPurpose | null {
  const [word = "", ...more] = rest.filter((entry) => !entry.startsWith("-"));
  if (["exec", "x", "dlx"].includes(word)) return purposeOf(more);
  if (word === "run" || word === "run-script") return byName(more[0] ?? "");
  return ["t", "tst"].includes(word) ? "test" : (byName(word) ?? purposeOf([word, ...more]));
}

function makeTarget(rest: readonly string[]): CommandPurpose | null {
  const targets = rest.filter(
    (entry, index) => !entry.startsWith("-") && !entry.includes("=") && rest[index - 1] !== "-C",
  );
  const [target] = targets;
  return target === undefined ? "build" : (byName(target) ?? (/\.(o|a|so|exe)$/.test(target) ? "build" : null));
}

function pythonModule(rest: readonly string[]): CommandPurpose | null {
  const at = rest.indexOf("-m");
  return at < 0 ? null : purposeOf(rest.slice(at + 1));
}

const CARGO = byWord({ test: "test", nextest: "test", build: "build", check: "build", clippy: "lint", fmt: "lint" });
const JVM = byWord(
  { test: "test", verify: "test", check: "test", compile: "build", package: "build", build: "build", install: "build" },
  "build",
);

const TOOLS: Readonly<Record<string, Judge>> = {
  pytest: "test",
  "py.test": "test",
  unittest: "test",
  nose2: "test",
  tox: "test",
  nox: "test",
  doctest: "test",
  mypy: "build",
  pyright: "build",
  py_compile: "build",
  compileall: "build",
  ruff: "lint",
  flake8: "lint",
  pylint: "lint",
  black: "lint",
  isort: "lint",
  jest: "test",
  vitest: "test",
  mocha: "test",
  ava: "test",
  playwright: byWord({ test: "test" }),
  tsc: "build",
  "vue-tsc": "build",
  esbuild: "build",
  vite: byWord({ build: "build" }),
  webpack: "build",
  rollup: "build",
  eslint: "lint",
  biome: "lint",
  prettier: "lint",
  oxlint: "lint",
  node: (rest) => (rest.includes("--test") ? "test" : rest.includes("--check") || rest.includes("-c") ? "build" : null),
  deno: byWord({ test: "test", lint: "lint", check: "build", fmt: "lint" }),
  bun: (rest) => (["build"].includes(rest[0] ?? "") ? "build" : packageManager(rest)),
  npm: packageManager,
  pnpm: packageManager,
  yarn: packageManager,
  go: byWord({ test: "test", build: "build", vet: "lint" }),
  gofmt: "lint",
  "golangci-lint": "lint",
  staticcheck: "lint",
  cargo: CARGO,
  rustc: (rest) => (rest.includes("--test") ? "test" : "build"),
  javac: "build",
  mvn: JVM,
  mvnw: JVM,
  gradle: JVM,
  gradlew: JVM,
  ant: JVM,
  gcc: "build",
  "g++": "build",
  cc: "build",
  "c++": "build",
  clang: "build",
  "clang++": "build",
  make: makeTarget,
  gmake: makeTarget,
  ninja: makeTarget,
  cmake: (rest) => (rest.includes("--build") ? "build" : null),
  ctest: "test",
  meson: byWord({ test: "test", compile: "build" }),
  python: pythonModule,
  python3: pythonModule,
};

/** Programs that only run another: how many words of their own follow. */
const WRAPPERS: Readonly<Record<string, readonly string[]>> = {
  env: [],
  time: [],
  nice: [],
  npx: [],
  bunx: [],
  nohup: [],
  uv: ["run"],
  poetry: ["run"],
  pipenv: ["run"],
  rye: ["run"],
  hatch: ["run"],
  pdm: ["run"],
};

function unwrapped(words: readonly string[]): readonly string[] {
  const [first = "", ...rest] = words;
  if (/^[A-Za-z_]\w*=/.test(first)) return unwrapped(rest);
  const own = WRAPPERS[nameOf(first)];
  if (own === undefined) return words;
  if (own.length > 0 && rest[0] !== own[0]) return words;
  const after = rest.slice(own.length);
  const start = after.findIndex((word) => !word.startsWith("-"));
  return start < 0 ? [] : unwrapped(after.slice(start));
}

function nameOf(program: string): string {
  const name = program.replace(/^.*[\\/]/, "").replace(/\.(exe|cmd|bat)$/i, "");
  return /^python3?\.\d+$/.test(name) ? "python" : name;
}

/** `sh -c "…"` of one plain command; a line with more than one is judged by its last. */
function ofShell(words: readonly string[]): readonly string[] | null {
  const [shell = "", flag = "", line = ""] = words;
  if (!["sh", "bash", "zsh", "dash"].includes(nameOf(shell)) || !/^-[a-z]*c$/.test(flag)) return null;
  const last = line.split(/&&|;|\n/).findLast((part) => part.trim() !== "") ?? "";
  return last.trim().split(/\s+/);
}

/** What a command is for, by the words it is made of; null where it is not recognised as a test, a lint or a build. */
export function purposeOf(command: readonly string[]): CommandPurpose | null {
  const words = unwrapped(command);
  const inner = ofShell(words);
  if (inner !== null) return purposeOf(inner);
  const [program = "", ...rest] = words;
  const judge = TOOLS[nameOf(program)];
  if (judge === undefined) return null;
  return typeof judge === "string" ? judge : judge(rest);
}
