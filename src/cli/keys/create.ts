import type { CreatedKeyView } from "../../core/admin-view.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { defineCommand } from "../command.ts";
import { fetchView } from "../connection.ts";
import { limitFlags, limitsOf, limitWords } from "../key-limits.ts";
import { daemonFlags, jsonFlag } from "../shared-flags.ts";

export const command = defineCommand({
  meta: {
    name: "create",
    description: "Make a client key; it is shown once",
    examples: [
      ["lodestar keys create laptop", "a key for all models"],
      ["lodestar keys create ci --models 'ollama/*' --expires 30d", "local models only, for thirty days"],
      ["lodestar keys create intern --budget 5/day --rpm 60 --concurrent 4", "with limits of its own"],
    ],
  },
  args: {
    name: { type: "positional", required: true, description: "what the key is for" },
    project: { type: "string", valueHint: "NAME", description: "project that its spend counts for" },
    models: {
      type: "string",
      valueHint: "PATTERN",
      isRepeatable: true,
      description: "allowed models, such as ollama/*",
    },
    expires: { type: "string", value: "duration", description: "how long it is valid, such as 30d (default for ever)" },
    ...limitFlags,
    ...jsonFlag,
    ...daemonFlags,
  },
  async run({ args, terminal, ...rest }) {
    const host = { ...rest, terminal };
    const { name, project = null, models, expires } = args;
    const limits = limitsOf(args);
    if (!limits.ok) return limits.error;
    const expiresAt = expires === undefined ? null : host.now() + expires;
    const key = await fetchView<CreatedKeyView>(host, args, "write", "/v1/keys", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, project, models, expiresAt, limits: limits.value }),
    });
    if (!key.ok) return key.error;
    if (args.json) {
      terminal.out(JSON.stringify(key.value));
      return EXIT_CODES.ok;
    }
    terminal.out(key.value.secret);
    terminal.talk(`key "${name}" (${key.value.id}) is made. This is the only time it is shown.`);
    const words = limitWords(key.value.limits);
    if (words !== "") terminal.talk(`It may use ${words}.`);
    if (key.value.endedKeyless) terminal.talk("It is the first: from now on every call needs a key.");
    terminal.talk('Use it with: export LODESTAR_API_KEY=… and eval "$(lodestar env)"');
    return EXIT_CODES.ok;
  },
});
