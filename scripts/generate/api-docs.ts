import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { GeneratedFile } from "./providers.ts";

const ROOT = resolve(import.meta.dir, "../..");

type Descriptions = Readonly<Record<string, string>>;

/** What each route of the API port does. A route without a line here, or a line without its route, stops the generator. */
const API_ROUTES: Descriptions = {
  "POST /v1/chat/completions": "OpenAI chat, whole or streamed.",
  "POST /v1/completions": "OpenAI's legacy text completions, and filling in the middle by `suffix`; whole or streamed.",
  "POST /v1/embeddings": "OpenAI embeddings.",
  "POST /v1/images/generations": "OpenAI images, passed on to the provider that has the model.",
  "POST /v1/messages": "Anthropic messages, whole or streamed.",
  "POST /v1/messages/count_tokens": "Tokens of an Anthropic request, without running it.",
  "POST /api/chat": "Ollama chat, streamed unless `stream: false`.",
  "POST /api/generate": "Ollama generate, streamed unless `stream: false`.",
  "POST /api/embed": "Ollama embeddings.",
  "POST /api/embeddings": "The same, as Ollama's older clients ask: one prompt, one vector.",
  "POST /v1/responses": "OpenAI Responses, whole or streamed; kept for `previous_response_id` unless `store: false`.",
  "GET /v1/responses/:id": "A kept response, as it was answered.",
  "DELETE /v1/responses/:id": "Deletes a kept response.",
  "GET /v1/responses/:id/input_items": "What a kept response answered, page by page: `limit`, `order`, `after`.",
  "GET /v1/responses": "426: Responses are posted, not opened as a WebSocket.",
  "POST /v1beta/models/:model{.+}":
    "Gemini: `{model}:generateContent`, `:streamGenerateContent` (with and without `alt=sse`), `:countTokens`, `:embedContent`, `:batchEmbedContents`.",
  "POST /v1/models/:model{.+}": "The same, where the newest Gemini SDKs post.",
  "GET /v1beta/models": "What can be asked, in Gemini's shape, page by page.",
  "GET /v1beta/models/:model{.+}": "One model, in Gemini's shape.",
  "GET /v1/models":
    "What can be asked; in Anthropic's shape when `anthropic-version` is sent, in Gemini's when `x-goog-api-key` is.",
  "GET /v1/models/:model{.+}": "One model.",
  "GET /api/tags": "What can be asked, in Ollama's shape.",
  "GET /api/ps": "What is loaded now, in Ollama's shape.",
  "POST /api/show": "One model, in Ollama's shape.",
  "GET /api/version": "The version, in Ollama's shape.",
  "GET /v1/generation": "Every attempt of one past request of the calling key: `?id=req_…`.",
  "POST /v1/feedback":
    'How good an answer was: `{request_id, vote: "up"|"down"}`, or `score` from 0 to 1; of requests of the calling key alone.',
  "GET /v1/key": "What the calling key may do and has spent.",
  "GET /livez": "200 while the process lives.",
  "GET /readyz": "200 while requests are taken; 503 before that and while draining.",
  "GET /": "A line for tools that look whether Ollama runs.",
  "GET /api/hello": "A line for tools that look whether something answers.",
};

/** What each route of the admin port does. */
const ADMIN_ROUTES: Descriptions = {
  "GET /": "The status page.",
  "GET /v1/status": "The daemon, its providers, local models and the ledger, as `lodestar status --json`.",
  "GET /v1/health":
    "Breakers and cooldowns of every account, availability of every provider and model over 1 h, 24 h and 90 d, the last free and paid probes.",
  "GET /v1/health/history":
    "Availability over one span, cell by cell: `?provider=`, `account=`, `model=`, `span=` (`1h`, `24h`, `90d`), finer with `by=` (`minute`, `hour`, `day`).",
  "GET /v1/config": "The configuration in force, without secrets.",
  "GET /v1/models": "Every model that can be asked, with prices and capabilities.",
  "GET /v1/prices":
    "The price tables in use; with `?model=` every price known of a model, as `lodestar prices show --json`.",
  "GET /v1/prices/diff": "What an update or an override changed, and where the two sources disagree.",
  "GET /v1/costs": "Sums by model, provider, project, key, session or day, as `lodestar costs --json`.",
  "GET /v1/costs/report": "One report over whole days or a month, as `lodestar costs report --format json`.",
  "GET /v1/costs/what-if": "The rows of a time at another model's price, as `lodestar costs --what-if --json`.",
  "POST /v1/costs/prune":
    "Deletes rows of past days for half a second, as `lodestar costs prune` does until all are gone.",
  "POST /v1/costs/repair": "Makes the sums of one day anew if they are wrong, as `lodestar costs check --repair`.",
  "GET /v1/costs/rows": "Ledger rows as NDJSON, as `lodestar costs query`.",
  "GET /v1/requests": "The latest requests.",
  "GET /v1/requests/:id": "Every attempt of one request.",
  "GET /v1/requests/:id/explain": "Every number of one request with its formula, as `lodestar costs explain --json`.",
  "POST /v1/route/explain":
    "Where `prompt`, or a whole `body` in a `dialect`, would go now and why, as `lodestar route explain --json`. Asks no model.",
  "POST /v1/route/simulate":
    "What another `dial`, `floor` or `rules` (YAML text) would have chosen since a moment, as `lodestar route simulate --json`.",
  "GET /v1/route/report": "The router's choices beside the default chain's, as `lodestar route report --json`.",
  "GET /v1/route/decisions/:id": "What the router decided on one request, and what came of it.",
  "GET /v1/budgets": "Every budget as it stands: spent, reserved, left, when it begins anew.",
  "GET /v1/webhooks": "The webhooks and what became of their events; of their URLs only the hosts.",
  "POST /v1/webhooks/test": "Posts a sample event to every webhook, and says how each took it.",
  "GET /v1/recommend":
    "The cheapest model that is good enough, by class, as `lodestar recommend --json`: `?task=`, `floor=`, `budget=` (USD for a thousand requests), `latency=` (seconds), `localOnly=1`.",
  "GET /v1/evidence": "What was observed of answers, counted by model, class and kind: `?model=`, `task=`.",
  "GET /v1/evidence/rows": "Every piece of evidence as NDJSON, as `lodestar evidence export`.",
  "POST /v1/evidence": "What a program found of a past answer: `{request_id, kind, score}`, `voter`, `task`.",
  "DELETE /v1/evidence":
    "Forgets evidence for a fifth of a second, as `lodestar evidence forget` does until all is gone.",
  "GET /v1/keys": "Client keys, never their secrets.",
  "POST /v1/keys": "Creates a client key; the one answer that shows it.",
  "PATCH /v1/keys/:id": "Changes the limits of a client key, as `lodestar keys limit`.",
  "DELETE /v1/keys/:id": "Revokes a client key.",
  "GET /v1/projects": "The projects that are known, configured or spent something this month, with costs and budgets.",
  "GET /v1/projects/:name": "What holds for a project's requests, and who says so.",
  "PUT /v1/projects/:name":
    "Makes a project known by the text of its own `.lodestar.yaml`, which is checked as untrusted.",
  "DELETE /v1/projects/:name": "Forgets what a project's own file says; its costs stay.",
  "DELETE /v1/responses": "Deletes every kept answer of the Responses API, whoever asked for it.",
  "GET /v1/cache": "What the response cache holds and what it saved, as `lodestar cache stats --json`.",
  "GET /v1/cache/entries":
    "Kept answers, without what they say: `?model=`, `provider=`, `project=`, `key=`, `digest=`, `before=` (Unix ms), `limit=`, `after=`.",
  "GET /v1/cache/entries/:digest": "One kept answer with what it says, by the first characters of its digest.",
  "DELETE /v1/cache":
    "Deletes kept answers, by the same filters, for a fifth of a second; `isDone` says whether that was all.",
  "GET /v1/local": "Local engines, their models and what is loaded, as `lodestar local list --json`.",
  "GET /v1/local/catalog":
    "Models that could be pulled; with `?vram=` (MiB) the context at which each fits, with `fits=true` only those that do, with `task=` only those for it.",
  "GET /v1/local/shape": "What a memory plan needs of one model (`?model=`), from its file or the catalogue.",
  "POST /v1/local/pull": "Downloads a model through Ollama; progress as NDJSON. Leaving stops it; again goes on.",
  "POST /v1/local/create": "Makes a model from another with settings of its own; NDJSON.",
  "POST /v1/local/bench": "Measures loading, reading and writing of a model; NDJSON.",
  "POST /v1/local/remove": "Deletes a model from its engine's disk.",
  "POST /v1/local/keep":
    "`how`: `warm` loads a model as requests would, `pin` keeps it, `unload` takes it out of memory.",
  "GET /v1/gpu":
    "This machine's graphics cards and whose memory they hold, as `lodestar gpu --json`; with `?watch=true` they are read every second for a while.",
  "GET /v1/gpu/history":
    "What they did over `?span=` (10m, 1h, 24h, 7d, 90d): means of at least 10 s each, at most 1,500 of them.",
  "GET /v1/events": "Every event as it happens (SSE), as `lodestar events --json`.",
  "POST /v1/reload": "Reads the configuration again; keeps the old one when there is a mistake.",
  "POST /v1/stop": "Drains and stops the daemon.",
  "GET /metrics": "Figures for Prometheus.",
};

/** What a client may say by headers, and where it is told. */
const REQUEST_HEADERS: readonly (readonly [string, string])[] = [
  ["`x-lodestar-project`", "whose the request is: [projects](projects.md#whose-a-request-is)"],
  ["`x-lodestar-tag`, `x-lodestar-task`, `x-lodestar-file`", "labels of its cost: [costs](costs.md#labels)"],
  [
    "`x-lodestar-route: shadow`",
    "`auto` as without the router, which writes down what it would do: [router](routing.md#setting-it)",
  ],
  ["`x-lodestar-cache`", "whether a kept answer will do: [response cache](cache.md#what-a-request-can-say)"],
  ["`x-lodestar-priority: batch`", "it can wait for a local model: [local models](local-models.md#fewer-switches)"],
  ["`x-lodestar-strict: 1`", "refuse it rather than leave out a parameter: [fallback](fallback.md#seeing-it)"],
  ["`x-lodestar-metadata: 1`", "tell the attempts in the body too: [fallback](fallback.md#seeing-it)"],
  [
    "`x-lodestar-client`",
    "`aider`, `opencode`, `pi` or `qwen`, which repeat any 429: a refusal for good then comes as 400",
  ],
];

/** `METHOD /path` of every row of the route table in `app.ts` or of every `app.get("…"` in `admin.ts`. */
function routesIn(file: string, row: RegExp): readonly string[] {
  const source = readFileSync(resolve(ROOT, file), "utf8");
  return [...source.matchAll(row)].map(([, method = "", path = ""]) => `${method.toUpperCase()} ${path}`);
}

function table(file: string, row: RegExp, descriptions: Descriptions): readonly string[] {
  const routes = routesIn(file, row);
  const difference = new Set(routes).symmetricDifference(new Set(Object.keys(descriptions)));
  if (difference.size > 0) {
    throw new Error(
      `routes of ${file} and their descriptions in scripts/generate/api-docs.ts differ: ${[...difference].join(", ")}`,
    );
  }
  return [
    "| route | |",
    "|---|---|",
    ...routes.map((route) => `| \`${route.replace("{.+}", "")}\` | ${descriptions[route]} |`),
  ];
}

/** `docs/api.md`: every route of both ports, from the route tables themselves. */
export function generateApiReference(): readonly GeneratedFile[] {
  const text = [
    "# API",
    "",
    "*Generated from the route tables in `src/http` by `bun run generate`. Do not edit.*",
    "",
    "## The API port (4000)",
    "",
    "Base URLs are taken with and without `/v1`, doubled and with a trailing slash. The client key goes in `Authorization:",
    "Bearer`, `x-api-key`, `x-goog-api-key` or `?key=`, whichever the client uses; until the first key is created, any or none",
    "is accepted on loopback.",
    "",
    ...table("src/http/app.ts", /\[\s*"(GET|POST|HEAD|DELETE)",\s*"(\/[^"]*)"/g, API_ROUTES),
    "",
    "### What a request may say",
    "",
    "| header | |",
    "|---|---|",
    ...REQUEST_HEADERS.map(([names, meaning]) => `| ${names} | ${meaning} |`),
    "",
    "### What every answer carries",
    "",
    "`usage.cost` in US dollars and `usage.cost_details`, in every reply and on the last event of every stream, whatever the",
    "dialect. `cost` is `null` with a reason where no price is known, and 0 with the reason `local` for local models.",
    "`usage_source` is `provider`, `counted` or `estimated`.",
    "",
    "| header | |",
    "|---|---|",
    "| `x-lodestar-request-id` | the id in the ledger, in `lodestar requests` and in `/v1/generation` |",
    "| `x-lodestar-provider`, `x-lodestar-model` | who answered (the reply's `model` is what was asked for) |",
    "| `x-lodestar-route-reason` | why: `explicit`, `alias:coder`, `chain:default`, `free`… |",
    "| `x-lodestar-route` | what the router decided for `auto`, and why: [router](routing.md) |",
    "| `x-lodestar-verified` | what became of the checks: [verified cascade](verified-cascade.md#what-the-client-sees) |",
    "| `x-lodestar-attempts` | how many attempts it took |",
    "| `x-lodestar-overhead-ms` | time spent in Lodestar, waiting for providers not counted |",
    "| `x-lodestar-params` | what the target could not honour, if anything |",
    "| `x-lodestar-budget-remaining` | dollars left of the tightest [budget](budgets.md) that counts it, if there is one |",
    "| `x-lodestar-cache` | whether it was given again, kept, or why not: [response cache](cache.md) |",
    "| `x-litellm-*` | the names that tools made for LiteLLM read |",
    "",
    "Kept responses, legacy completions with `suffix`, images: [OpenAI's other calls](openai.md). Errors: [error codes](errors.md).",
    "",
    "## The admin port (8080)",
    "",
    "The credential is the file `admin.token` in the state directory, sent as `Authorization: Bearer`. Money in these answers is a",
    "whole number of nano-dollars (`costNanoUsd`).",
    "",
    ...table("src/http/admin/admin.ts", /\bapp\s*\.(get|post|delete|put|patch)\(\s*"(\/[^"]*)"/g, ADMIN_ROUTES),
    "",
  ];
  return [{ path: "docs/api.md", text: text.join("\n") }];
}
