import type { LocalModelView } from "../../core/local-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatBytes, formatCount } from "../../terminal/format.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";
import { modelFlag, providerFlag } from "./flags.ts";

type How = "warm" | "pin" | "unload";

interface Kept {
  readonly model: string;
  readonly loaded: LocalModelView["loaded"];
}

function wordsOf({ model, loaded }: Kept, how: How): string {
  if (how === "unload")
    return loaded === null ? `${model} is out of memory` : `${model} goes when its requests are done`;
  if (loaded === null) return `${model} was loaded, and is gone again: another model wanted its place`;
  const { sizeBytes, vramBytes, contextTokens } = loaded;
  const context = contextTokens === null ? "" : ` at a context of ${formatCount(contextTokens)}`;
  const spilt = vramBytes > 0 && vramBytes < sizeBytes;
  const where = spilt
    ? `, of which only ${formatBytes(vramBytes)} are on the card: it will be several times slower`
    : "";
  const stays = how === "pin" ? ", and stays until `lodestar local unload`" : "";
  return `${model} is loaded${context}: ${formatBytes(sizeBytes)}${where}${stays}`;
}

function keepCommand(how: How, description: string, notes: readonly string[]) {
  return defineCommand({
    meta: { name: how, description, notes },
    args: { ...modelFlag, ...providerFlag, ...jsonFlag, ...daemonFlags },
    async run({ args, ...host }) {
      const body = JSON.stringify({ model: args.model, provider: args.provider ?? null, how });
      const spinner = startSpinner(host.terminal, `${how} ${args.model}`);
      const init = { method: "POST", body, signal: host.signal };
      const kept = await fetchView<Kept>(host, args, "write", "/v1/local/keep", init).finally(() => spinner.stop());
      if (!kept.ok) return kept.error;
      host.terminal.out(args.json ? JSON.stringify(kept.value) : wordsOf(kept.value, how));
      return EXIT_CODES.ok;
    },
  });
}

/** `lodestar local warm`: loads a model as requests would. */
export const warm = keepCommand("warm", "Load a model, with the very options that requests will use", [
  "It waits for its turn like a request, and stays for `local.keepAlive`, as after one.",
]);

/** `lodestar local pin`: loads a model for good. */
export const pin = keepCommand("pin", "Load a model and keep it until it is unloaded", [
  "Requests keep it pinned. Another model may take its place where there is room for one only; it comes back when nobody asks for that one any more.",
]);

/** `lodestar local unload`: takes a model out of memory. */
export const unload = keepCommand("unload", "Take a model out of memory", []);
