import type { HLJSApi, LanguageFn } from "highlight.js";
import { languageOf } from "../../core/diff/annotate/language.ts";

/** A piece of a line, and what it is to the language: a scope of highlight.js such as `keyword`; null for plain text. */
export interface ScopedText {
  readonly text: string;
  readonly scope: string | null;
}

type Loader = () => Promise<{ readonly default: LanguageFn }>;

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
/** Time for colours before the first screen, and the share of the time since. */
const HEAD_START_MS = 250;
const SHARE = 0.25;

/**
 * Highlighting by highlight.js, for a person who looks on: it may take a quarter of the time that has passed (a pager that waits
 * for its reader gives more of it), so a patch of any size is shown at nearly the speed it is read at. `monotonic` in ms.
 */
export function createHighlighter(monotonic: () => number): Highlighter {
  const startedAt = monotonic();
  let spentMs = 0;
  let engine: HLJSApi | null = null;
  async function ready(grammar: string): Promise<HLJSApi | null> {
    engine ??= (await import("highlight.js/lib/core")).default;
    const load = GRAMMARS[grammar];
    if (load === undefined) return null;
    if (engine.getLanguage(grammar) === undefined) engine.registerLanguage(grammar, (await load()).default);
    return engine;
  }
  return {
    async highlight(path, lines) {
      const grammar = grammarOf(path);
      const text = lines.join("\n");
      if (grammar === null || text.length > MOST_CHARS) return null;
      const from = monotonic();
      if (spentMs > HEAD_START_MS + SHARE * (from - startedAt)) return null;
      const known = await ready(grammar);
      const marked = known?.highlight(text, { language: grammar, ignoreIllegals: true });
      spentMs += monotonic() - from;
      if (marked === undefined) return null;
      const found = linesOfHtml(marked.value);
      return found.length === lines.length ? found : null;
    },
  };
}
