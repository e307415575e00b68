import { languageOf } from "../../core/diff/annotate/language.ts";
import type { Allowance } from "./allowance.ts";

/** A piece of a line, and what it is to the language: a scope of highlight.js such as `keyword`; null for plain text. */
export interface ScopedText {
  readonly text: string;
  readonly scope: string | null;
}

/** What is used of highlight.js. */
interface Engine {
  registerLanguage(name: string, grammar: (engine: unknown) => object): void;
  getLanguage(name: string): object | undefined;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { readonly value: string };
}

/** Not by an import, whose types would make those of a browser known to the whole program. */
function loadEngine(): Engine {
  return require("highlight.js/lib/core") as Engine;
}

type Loader = () => Promise<{ readonly default: (engine: unknown) => object }>;

/** One import each, so that a language is read only when a file of it is shown. */
const GRAMMARS: Readonly<Record<string, Loader>> = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  cpp: () => import("highlight.js/lib/languages/cpp"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  css: () => import("highlight.js/lib/languages/css"),
  dockerfile: () => import("highlight.js/lib/languages/dockerfile"),
  go: () => import("highlight.js/lib/languages/go"),
  haskell: () => import("highlight.js/lib/languages/haskell"),
  ini: () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  kotlin: () => import("highlight.js/lib/languages/kotlin"),
  lua: () => import("highlight.js/lib/languages/lua"),
  makefile: () => import("highlight.js/lib/languages/makefile"),
  markdown: () => import("highlight.js/lib/languages/markdown"),
  perl: () => import("highlight.js/lib/languages/perl"),
  php: () => import("highlight.js/lib/languages/php"),
  python: () => import("highlight.js/lib/languages/python"),
  ruby: () => import("highlight.js/lib/languages/ruby"),
  rust: () => import("highlight.js/lib/languages/rust"),
  scala: () => import("highlight.js/lib/languages/scala"),
  scss: () => import("highlight.js/lib/languages/scss"),
  sql: () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};

/** Grammars of file endings that our own table of languages puts together. */
const BY_ENDING: Readonly<Record<string, string>> = {
  cc: "cpp",
  cpp: "cpp",
  cxx: "cpp",
  hh: "cpp",
  hpp: "cpp",
  json: "json",
  json5: "json",
  jsonc: "json",
  kt: "kotlin",
  kts: "kotlin",
  less: "scss",
  md: "markdown",
  mdx: "markdown",
  pl: "perl",
  pm: "perl",
  scala: "scala",
  scss: "scss",
  swift: "swift",
};
const BY_LANGUAGE: Readonly<Record<string, string>> = {
  component: "xml",
  docker: "dockerfile",
  html: "xml",
  make: "makefile",
  shell: "bash",
};

/** The grammar for a path; null where there is none. */
function grammarOf(path: string): string | null {
  const ending = path.split(".").at(-1)?.toLowerCase() ?? "";
  const { name } = languageOf(path);
  const grammar = BY_ENDING[ending] ?? BY_LANGUAGE[name] ?? name;
  return Object.hasOwn(GRAMMARS, grammar) ? grammar : null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};

/** The HTML that highlight.js writes (spans with one class or more, and five entities), as lines of pieces. */
function linesOfHtml(html: string): readonly (readonly ScopedText[])[] {
  const lines: ScopedText[][] = [[]];
  const open: string[] = [];
  for (const [piece] of html.matchAll(/<span class="[^"]*">|<\/span>|[^<]+/g)) {
    if (piece === "</span>") open.pop();
    else if (piece.startsWith("<span")) open.push(/hljs-([\w-]+)/.exec(piece)?.[1] ?? "");
    else {
      const text = piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity);
      for (const [index, part] of text.split("\n").entries()) {
        if (index > 0) lines.push([]);
        if (part !== "") lines.at(-1)?.push({ text: part, scope: open.at(-1) || null });
      }
    }
  }
  return lines;
}

/** Tells what the pieces of a program's lines are. */
export interface Highlighter {
  /** The lines in pieces, each line whole; null where the language is not known, or there is no time for it. */
  highlight(path: string, lines: readonly string[]): Promise<readonly (readonly ScopedText[])[] | null>;
}

/** Longer texts are left plain. Characters. */
const MOST_CHARS = 60_000;

/** Highlighting by highlight.js, as long as there is time. */
export function createHighlighter(allowance: Allowance): Highlighter {
  let engine: Engine | null = null;
  async function ready(grammar: string): Promise<Engine> {
    engine ??= loadEngine();
    const load = GRAMMARS[grammar];
    if (load !== undefined && engine.getLanguage(grammar) === undefined) {
      engine.registerLanguage(grammar, (await load()).default);
    }
    return engine;
  }
  return {
    async highlight(path, lines) {
      const grammar = grammarOf(path);
      const text = lines.join("\n");
      if (grammar === null || text.length > MOST_CHARS || !allowance.isOpen()) return null;
      const known = await ready(grammar);
      return allowance.spend(() => {
        const marked = known.highlight(text, { language: grammar, ignoreIllegals: true });
        const found = linesOfHtml(marked.value);
        return found.length === lines.length ? found : null;
      });
    },
  };
}
