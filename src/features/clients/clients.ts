import { aider } from "./aider.ts";
import { claude } from "./claude.ts";
import type { Client } from "./client.ts";
import { cline } from "./cline.ts";
import { codex } from "./codex.ts";
import { continueDev } from "./continue.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import { qwen } from "./qwen.ts";
import { vscode } from "./vscode.ts";

/** Every client that can be set up, in the order of help. */
export const CLIENTS: readonly Client[] = [aider, claude, codex, opencode, gemini, qwen, cline, continueDev, vscode];
