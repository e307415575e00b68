import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A new folder with files of these texts. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "lodestar-run-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Runs git in a folder, with nothing of the machine's settings. */
export function gitIn(folder: string, ...words: readonly string[]): string {
  const done = Bun.spawnSync(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
  });
  if (done.exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${done.stderr.toString()}`);
  return done.stdout.toString();
}

/** A module with a fault and a test that finds it, in Python's standard library. */
export const BROKEN = {
  "calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return 2 * a\n",
  "test_calc.py":
    "import unittest\nfrom calc import add, double\n\n\nclass T(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(2, 3), 5)\n\n    def test_double(self):\n        self.assertEqual(double(4), 8)\n",
};

/** {@link BROKEN} without its fault. */
export const REPAIRED = BROKEN["calc.py"].replace("a - b", "a + b");

/** The command that runs its tests. */
export const TEST = ["python3", "-m", "unittest"];

/** An answer with one whole file. */
export function whole(path: string, text: string): string {
  return `${path}\n\`\`\`\n${text}\`\`\`\n`;
}
