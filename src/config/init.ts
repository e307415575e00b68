/** The file that `lodestar init` writes: everything commented out, so that it changes nothing until it is edited. */
export const INITIAL_CONFIG = `# Lodestar configuration. Every line may be left out; what is commented out shows the default or an example.
# Check it with \`lodestar config check\`, see what counts with \`lodestar config show --resolved\`.
# A running daemon reloads it when it changes, and keeps the old one when there is a mistake.

# server:
#   host: 127.0.0.1            # anything but loopback needs a client key first: lodestar keys create
#   port: 4000
#   adminPort: 8080
#   allowedHosts: [host.docker.internal]
#   allowedOrigins: ["vscode-webview://*"]

# Providers need no block while their key is in the environment (DEEPSEEK_API_KEY, OPENAI_API_KEY, ...) or stored by
# \`lodestar provider add NAME\`. A key is never written here: env:NAME or file:NAME (0600) says where it is.
# providers:
#   deepseek: { key: env:DEEPSEEK_API_KEY }
#   work-openai:
#     extends: openai
#     accounts:
#       - { id: first, key: file:work-1.key, group: work }   # accounts of one group share a quota
#       - { id: second, key: file:work-2.key, group: work }
#   anthropic: { auth: client }   # pass the caller's own credential on (subscriptions)
#   lab: { dialect: openai-chat, baseUrl: "http://lab.internal:8000/v1", models: [qwen-7b], local: true }
#   ollama: { baseUrl: "http://127.0.0.1:11434" }
#   github: { off: true }         # leave it out, even where a key for it is found

# Names of your own. Built in: auto, free, cheap, best, and a few familiar model names.
# aliases:
#   coder: ollama/qwen2.5-coder:3b

# What is tried in order. \`default\` is what \`auto\` uses.
# chains:
#   default: [free, cheap, best]
#   bug_fix: [coder, cheap]

# deadlines: { connect: 10s, headers: 600s, firstToken: 120s, idle: 120s, total: none }
# retries: { attempts: 2, base: 250ms, max: 5s }
# breaker: { failures: 5, window: 60s, off: false }
# retention: { ledger: 90d, requests: 14d }
# local: { keepAlive: 5m, contextTokens: 8192 }
# log: { level: info, maxSize: 10MB, keepFiles: 5 }
# strict: false

# Your own prices, in USD per million tokens; they win over the bundled ones.
# prices:
#   overrides:
#     lab/qwen-7b: { input: 0.1, output: 0.2 }
`;

/** The same text with its settings switched on: an example of every section. Made for reading and for tests. */
export function exampleConfig(): string {
  return INITIAL_CONFIG.split("\n")
    .map((line) => (/^# (?: *- | *[A-Za-z_-]+(?:\/[^:]+)?:(?: |$))/.test(line) ? line.slice(2) : line))
    .join("\n");
}
