/** A starting point for a project's own file. */
interface Template {
  readonly name: string;
  /** What kind of project it is for, and what it puts first, in one line. */
  readonly about: string;
  /** The rules, every line with its reason. They name no provider, so that they hold for everybody who clones them. */
  readonly rules: string;
}

/** Task classes: `auto` follows the chain of the class that `x-lodestar-task` states. */
const WEB = `aliases:
  ui: cheap                                # components and styles are many small edits: a cheap model is quick enough
chains:
  default: [free, cheap, best]             # most requests are small; a local model costs nothing and is asked first
  code_generation: [cheap, free, best]     # frameworks change fast: hosted models know newer versions than small local ones
  bug_fix: [cheap, best]                   # a bug spans browser, server and build; a weak answer costs a second round
  architecture: [best]                     # rendering, state and data flow are decided once and kept for years
  documentation: [free, cheap]             # comments and READMEs are well within a local model
tag: web                                   # shows in: lodestar costs --by tag
budgets:
  - { period: month, limitUsd: 20, warnAt: [50, 80], over: degrade }   # past it local models go on, so work never stops
cache: 1h                                  # hot reload repeats the same question; an hour is fresh enough
`;

const CLI = `aliases:
  coder: free                              # a command-line tool is small enough for a local model to see whole
chains:
  default: [free, cheap]                   # no step to the dearest model unless somebody asks for it by name
  bug_fix: [free, cheap, best]             # start free; only a bug that resists is worth more
  code_review: [cheap, best]               # flags, exit codes and quoting are where reviews find bugs
  documentation: [free]                    # help texts and man pages follow from the code
tag: cli                                   # shows in: lodestar costs --by tag
budgets:
  - { period: month, limitUsd: 5, warnAt: [80], over: degrade }        # small code, small bill
cache: 24h                                 # the code changes slowly, and so do the answers
`;

const ML = `aliases:
  reason: best                             # the mathematics of a loss or a gradient is worth the strongest model
chains:
  default: [cheap, best]                   # your GPU trains: a local model would fight it for memory, so none is asked first
  code_generation: [best, cheap]           # shapes and devices go wrong silently; a wrong line costs hours of training
  bug_fix: [best, cheap]                   # NaNs and leaks need the whole picture at once
  refactor: [cheap]                        # moving notebook cells into modules is routine
  documentation: [cheap]                   # so is writing down what an experiment did
tag: ml                                    # shows in: lodestar costs --by tag
budgets:
  - { period: day, limitUsd: 10, warnAt: [50, 80], over: deny }        # a loop over experiments can call a model all night
  - { period: month, limitUsd: 100, warnAt: [50, 80], over: deny }     # deny: degrading would load a model beside the training
cache: off                                 # an experiment that samples must get a new answer each time
`;

const LIBRARY = `aliases:
  reviewer: best                           # what is released cannot be taken back: the strongest eyes look at it
chains:
  default: [free, cheap, best]             # everyday questions start at no cost
  code_review: [best, cheap]               # a break of compatibility hits everybody who depends on it
  architecture: [best]                     # a public interface is for ever
  refactor: [cheap, best]                  # tests of a library say whether it went well; a cheap model may try first
  documentation: [cheap, best]             # its documentation is the product too: not the smallest model
tag: library                               # shows in: lodestar costs --by tag
budgets:
  - { period: week, limitUsd: 5, warnAt: [80], over: degrade }         # released in bursts: a week's limit evens them out
cache: 24h                                 # interfaces are stable, so answers about them are
`;

const DATA = `aliases:
  sql: free                                # a schema and a question are short: a local model writes the query
models: ["ollama/*", "lmstudio/*", "llamacpp/*", "vllm/*"]   # rows may be personal: they stay on this machine
chains:
  default: [free]                          # nothing else may answer here; take the line above away to change that
tag: data                                  # shows in: lodestar costs --by tag
budgets:
  - { period: month, limitUsd: 0, over: deny }             # a second lock: nothing that costs money is a local model
cache: off                                 # an answer holds parts of the rows it was asked about
`;

const DOCS = `aliases:
  writer: cheap                            # prose needs fluency more than depth, and there is much of it
chains:
  default: [cheap, free]                   # small local models write stiff prose: hosted first, local when that fails
  documentation: [cheap, best]             # the dearest model only where the cheap one cannot answer
  code_review: [best]                      # whether an example really is right is the one hard question here
  general: [free, cheap]                   # spelling, links and tables are well within a local model
tag: docs                                  # shows in: lodestar costs --by tag
budgets:
  - { period: month, limitUsd: 10, warnAt: [80], over: degrade }       # writing can wait for a better model, but need not stop
cache: 24h                                 # builds and checks ask the same of the same page again and again
`;

/** The templates of `lodestar project init`, by name. */
export const TEMPLATES: readonly Template[] = [
  { name: "web", about: "sites and apps: quick and cheap for small edits, strong for bugs", rules: WEB },
  { name: "cli", about: "command-line tools: local first, a small budget", rules: CLI },
  { name: "ml", about: "machine learning: strong models, daily limits, no local model beside the training", rules: ML },
  { name: "library", about: "libraries: strong reviews and interfaces, the rest cheap", rules: LIBRARY },
  { name: "data", about: "data work: local models only, since rows may be personal", rules: DATA },
  { name: "docs", about: "documentation: fluent and cheap, long-lived cache", rules: DOCS },
];

/** The whole text of a new project file. */
export function projectFileText(template: Template, projectName: string): string {
  return `# Lodestar, for everybody who works in this folder: ${template.about}.
# It can only narrow what your own configuration allows, and never holds a key or an address; see docs/projects.md.
name: ${projectName}${" ".repeat(Math.max(1, 37 - projectName.length))}# whom the costs of this folder count for
${template.rules}`;
}
