import type { FailureRule } from "./code-rules.ts";

/** The package of an import path: `@scope/name` or the first part. */
function packageOf(path: string): string {
  const parts = path.split("/");
  return path.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? path);
}

function header(name: string): string {
  return `install the development package that has ${name}, or add its folder with -I`;
}

/** Faults of the machine. The first that matches wins: what names itself most clearly stands first. */
export const ENVIRONMENT_RULES: readonly FailureRule[] = [
  {
    kind: "disk-full",
    pattern: /(?:ENOSPC|No space left on device|database or disk is full)/,
    fix: () => "make room on the disk",
  },
  {
    kind: "out-of-memory",
    pattern:
      /(?:^|\n)(?:.*JavaScript heap out of memory|.*java\.lang\.OutOfMemoryError|(?:E\s+)?MemoryError\b.*|fatal error: runtime: out of memory|.*(?:cannot|Cannot) allocate memory|.*virtual memory exhausted|.*signal: 9, SIGKILL.*|Killed)\s*(?:\n|$)/,
    fix: () => "give it more memory (node: NODE_OPTIONS=--max-old-space-size=4096, java: -Xmx4g), or less to do",
  },
  {
    kind: "port-in-use",
    pattern:
      /(?:EADDRINUSE[^\n]*?(?::(\d{2,5}))?\s*(?:\n|$)|[Aa]ddress already in use[^\n]*|Port (\d+) (?:is )?(?:already )?in use|Failed to start server\. Is port (\d+) in use)/,
    fix: (port) =>
      port === ""
        ? "end what listens there, or take another port"
        : `end what listens on it (ss -ltnp 'sport = :${port}'), or take another port`,
  },
  {
    kind: "missing-command",
    pattern:
      /(?:^|\n)(?:\S*sh: (?:(?:line )?\d+: )?([\w./+-]+): (?:command )?not found|make: ([\w./+-]+): No such file or directory|.*exec: "([\w./+-]+)": executable file not found|env: [‘'"]?([\w./+-]+)[’'"]?: No such file or directory|error: (?:Script|script) not found "([^"]+)")/,
    fix: (command) => `install ${command}, or correct the PATH`,
  },
  {
    kind: "missing-module",
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    fix: (module) =>
      `python -m pip install ${packageOf(module.replaceAll(".", "/"))} (its package may have another name)`,
  },
  {
    kind: "missing-module",
    pattern:
      /(?:Cannot find (?:module|package) '([^'./][^']*)'|Could not resolve(?: module)?:? "([^"./][^"]*)"|Failed to resolve import "([^"./][^"]*)"|Cannot find (?:module|package) "([^"./][^"]*)")/,
    fix: (module) => `install it with the project's package manager: npm install ${packageOf(module)}`,
  },
  {
    kind: "missing-module",
    pattern:
      /(?:no required module provides package|cannot find package "?|no matching versions for query)\s*"?([\w./-]+\.[\w./-]+)/,
    fix: (module) => `go get ${module}, or go mod tidy`,
  },
  {
    kind: "missing-module",
    pattern:
      /error\[E0(?:432|433|463)\]: (?:unresolved import|can't find crate for|[^\n]*unresolved crate or module|[^\n]*undeclared crate or module|[^\n]*use of unresolved module or unlinked crate) `(\w+)/,
    fix: (module) => `cargo add ${module}`,
  },
  {
    kind: "missing-module",
    pattern: /error: package ([\w.]+) does not exist/,
    fix: (module) => `add the library that has ${module} to the class path (Maven: a dependency in pom.xml)`,
  },
  {
    kind: "missing-module",
    pattern: /fatal error: ['‘]?([\w./+-]+\.h(?:pp)?)['’]?(?:: No such file| file not found)/,
    fix: header,
  },
  {
    kind: "network",
    pattern:
      /(?:ECONNRESET|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|socket hang up|Temporary failure in name resolution|Could not resolve host|TLS handshake timeout|context deadline exceeded|i\/o timeout)[^\n]*/,
    fix: () => "see whether the other side answers, and run it again",
  },
  {
    kind: "permission",
    pattern: /(?:EACCES|EPERM|[Pp]ermission denied|Operation not permitted)[^\n'"]*(?:['"]([^'"\n]+)['"])?/,
    fix: (path) =>
      path === "" ? "see who owns the file, and its mode" : `ls -l ${path} shows who owns it, and its mode`,
  },
];
