/** What a file is for, as its path tells. */
export type PathKind = "source" | "test" | "docs" | "generated" | "manifest" | "migration" | "pipeline" | "config";

const RULES: readonly (readonly [PathKind, RegExp])[] = [
  [
    "generated",
    /(^|\/)(package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|composer\.lock|Gemfile\.lock|go\.sum|flake\.lock)$/,
  ],
  ["generated", /(^|\/)(dist|build|out|vendor|third_party|node_modules|generated|__generated__|gen)\//],
  ["generated", /\.(min\.(js|css)|map|pb\.go|pb\.(cc|h)|_pb2\.pyi?|g\.dart|gen\.\w+|generated\.\w+|snap)$|_pb2\.py$/],
  ["test", /(^|\/)(tests?|__tests__|specs?|e2e|testdata|fixtures|__mocks__|__snapshots__)\//i],
  ["test", /(^|\/)(test_[^/]*|[^/]*([._-](test|spec|tests)|Tests?|_test))\.\w+$|(^|\/)conftest\.py$/],
  ["migration", /(^|\/)(migrations?|migrate|db\/migrate|alembic)\//i],
  [
    "pipeline",
    /(^|\/)(\.github\/|\.gitlab-ci|\.circleci\/|Jenkinsfile|azure-pipelines|\.ci\/|Dockerfile|docker-compose|compose\.ya?ml$)/i,
  ],
  [
    "manifest",
    /(^|\/)(package\.json|Cargo\.toml|pyproject\.toml|requirements[^/]*\.txt|setup\.(py|cfg)|go\.mod|pom\.xml|build\.gradle(\.kts)?|Gemfile|composer\.json|Pipfile|[^/]*\.csproj|deno\.jsonc?)$/,
  ],
  [
    "docs",
    /(^|\/)(docs?|documentation)\/|\.(md|mdx|rst|adoc|txt)$|(^|\/)(README|CHANGELOG|LICENSE|AUTHORS|CONTRIBUTING|NOTICE)[^/]*$/i,
  ],
  ["config", /\.(ya?ml|toml|ini|cfg|conf|properties|env|json|jsonc|json5)$|(^|\/)\.[^/]+$/i],
];

/** The kind of a path: the first rule that fits. */
export function kindOfPath(path: string): PathKind {
  return RULES.find(([, pattern]) => pattern.test(path))?.[0] ?? "source";
}
