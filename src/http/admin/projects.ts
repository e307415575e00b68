import { basename, isAbsolute, join } from "node:path";
import type { Context } from "hono";
import * as v from "valibot";
import { type ConfigProblem, formatProblem } from "../../config/problem.ts";
import { checkProjectFile, MOST_PROJECT_TEXT, PROJECT_FILE, parseProjectFile } from "../../config/project-file.ts";
import type { Budget } from "../../core/budget/budget.ts";
import { windowOf } from "../../core/calendar.ts";
import { PROJECT_NAME, projectNameOf } from "../../core/project.ts";
import type {
  ProjectBudgetView,
  ProjectDetailView,
  ProjectListView,
  ProjectSummaryView,
} from "../../core/project-view.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { ProjectConflict } from "../../gateway/projects.ts";
import type { AdminContext } from "./context.ts";
import { adminError } from "./guard.ts";
import { readBody } from "./keys.ts";
import { parseWith } from "./schema.ts";

/** Room for a whole project file, however its characters are escaped in JSON, and its folder. Bytes. */
const MOST_BODY_BYTES = MOST_PROJECT_TEXT * 6 + 32_768;

const absolutePath = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.check((path) => isAbsolute(path) && !/\p{Cc}/u.test(path), "must be an absolute path"),
);

/** Body of `PUT /v1/projects/NAME`. */
const projectBody = v.strictObject({
  folder: absolutePath,
  /** Where the text was read, for messages. */
  file: v.optional(absolutePath),
  text: v.string(),
  replace: v.optional(v.boolean(), false),
});

/** The budgets that count one project: its own rules', and those of the user's list that name it or each project. */
function budgetsOf(name: string, admin: AdminContext): readonly Budget[] {
  const listed = admin.settings().budgets.filter((budget) => {
    return budget.scope === "project" && (budget.name === name || budget.name === "*");
  });
  return [...admin.projects.projectOf(name).budgets, ...listed];
}

function budgetView(name: string, budget: Budget, admin: AdminContext): ProjectBudgetView {
  const { id, period, limitNanoUsd, over, origin } = budget;
  const { from, to } = windowOf(period, admin.now(), admin.settings().timeZone);
  const { costNanoUsd } = admin.ledger.totals({ project: name, ...(from === null ? {} : { from }) });
  return { id, period, limitNanoUsd, over, origin, spentNanoUsd: costNanoUsd, resetsAt: to };
}

function monthStart(admin: AdminContext): number {
  return windowOf("month", admin.now(), admin.settings().timeZone).from ?? 0;
}

function summaryOf(name: string, admin: AdminContext): ProjectSummaryView {
  const { requests, costNanoUsd, unpriced } = admin.ledger.totals({ project: name, from: monthStart(admin) });
  return {
    name,
    folder: admin.projects.known().find((project) => project.name === name)?.folder ?? null,
    isConfigured: Object.hasOwn(admin.settings().projects, name),
    month: { requests, costNanoUsd, unpriced },
    budgets: budgetsOf(name, admin).map((budget) => budgetView(name, budget, admin)),
  };
}

function detailOf(name: string, admin: AdminContext): ProjectDetailView {
  const { budgets: _, ...project } = admin.projects.projectOf(name);
  const known = admin.projects.known().find((one) => one.name === name);
  return { ...project, ...summaryOf(name, admin), updatedAt: known?.updatedAt ?? null };
}

/** Every project by name that is known, configured, or spent something this month. */
function namesOf(admin: AdminContext): readonly string[] {
  const spent = admin.ledger.groups({ from: monthStart(admin) }, "project").map(({ name }) => name);
  const said = [...admin.projects.known().map(({ name }) => name), ...Object.keys(admin.settings().projects)];
  return [...new Set([...said, ...spent.filter((name) => name !== "(none)")])].sort();
}

/** `GET /v1/projects`. */
export async function answerProjects(context: Context, admin: AdminContext): Promise<Response> {
  await admin.ledger.flush();
  const view: ProjectListView = { projects: namesOf(admin).map((name) => summaryOf(name, admin)) };
  return context.json(view);
}

function unknownProject(context: Context, name: string, admin: AdminContext): Response {
  const message = `there is no project "${name}" here.${didYouMean(name, namesOf(admin))}`;
  const fix = "lodestar project list shows the known ones; lodestar project use makes one known";
  return adminError(context, 404, "project_not_found", message, fix);
}

/** `GET /v1/projects/NAME`: what holds for it, and who says so. */
export async function answerProject(context: Context, admin: AdminContext, name: string): Promise<Response> {
  await admin.ledger.flush();
  return namesOf(admin).includes(name) ? context.json(detailOf(name, admin)) : unknownProject(context, name, admin);
}

function badFile(context: Context, problems: readonly ConfigProblem[]): Response {
  return adminError(context, 400, "bad_project_file", problems.map(formatProblem).join("\n"));
}

function conflictError(context: Context, name: string, conflict: ProjectConflict): Response {
  const force = "lodestar project use --force takes it over";
  switch (conflict.kind) {
    case "name-taken": {
      const message = `the name "${name}" belongs to the project in ${conflict.folder}; the costs of two would add up to one`;
      const fix = `give this one another \`name:\`, or: ${force}`;
      // A command looks whether that folder is still there: the daemon never does.
      const error = { code: "project_name_taken", message, fix, folder: conflict.folder };
      return context.json({ error }, 409);
    }
    case "renamed": {
      const message = `this folder is known as "${conflict.name}" and its file now says "${name}"; what you set for "${conflict.name}" would not hold any more`;
      return adminError(context, 409, "project_renamed", message, `if you mean that: ${force}`);
    }
    case "too-many": {
      const message = `${conflict.most} projects are known, which is all there is room for`;
      return adminError(context, 409, "too_many_projects", message, "lodestar project forget NAME makes room");
    }
    case "no-store":
      return adminError(context, 503, "no_project_store", "projects.db cannot be used", "lodestar doctor says why");
  }
}

/** `PUT /v1/projects/NAME`: makes a project known by the text of its own file, which is checked here as untrusted input. */
export async function tellProject(context: Context, admin: AdminContext, name: string): Promise<Response> {
  const body = await readBody(context, MOST_BODY_BYTES);
  const wish = body.ok ? parseWith(projectBody, body.value) : body;
  if (!wish.ok) return adminError(context, 400, "bad_body", wish.error);
  const { folder, text, replace, file: origin = join(folder, PROJECT_FILE) } = wish.value;
  const file = parseProjectFile(text, origin);
  if (!file.ok) return badFile(context, file.error);
  const own = file.value.name ?? projectNameOf(basename(folder));
  if (own !== name || !PROJECT_NAME.test(name)) {
    return adminError(context, 400, "bad_body", `the file is that of "${own}", not of "${name}"`);
  }
  const problems = checkProjectFile(file.value, admin.settings());
  if (problems.length > 0) return badFile(context, problems);
  const told = admin.projects.tell({ name, folder, wish: file.value.wish, isReplacing: replace });
  if (!told.ok) return conflictError(context, name, told.error);
  await admin.ledger.flush();
  return context.json({ ...detailOf(name, admin), outcome: told.value });
}

/** `DELETE /v1/projects/NAME`: forgets what its own file says; what it cost stays in the ledger. */
export function forgetProject(context: Context, admin: AdminContext, name: string): Response {
  return admin.projects.forget(name) ? context.json({ forgotten: name }) : unknownProject(context, name, admin);
}
