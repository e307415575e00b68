import type { Budget } from "./budget/budget.ts";
import type { NanoUsd } from "./money.ts";
import type { Project } from "./project.ts";

/** A budget of one project, and how much of it is used. Times are Unix ms; null for `total`. */
export interface ProjectBudgetView extends Pick<Budget, "id" | "period" | "limitNanoUsd" | "over" | "origin"> {
  readonly spentNanoUsd: NanoUsd;
  readonly resetsAt: number | null;
}

/** One project as `project list --json` shows it. */
export interface ProjectSummaryView {
  readonly name: string;
  /** Where its own file is; null where none was made known. */
  readonly folder: string | null;
  /** Whether the user's configuration says something of it. */
  readonly isConfigured: boolean;
  /** This calendar month. */
  readonly month: { readonly requests: number; readonly costNanoUsd: NanoUsd; readonly unpriced: number };
  readonly budgets: readonly ProjectBudgetView[];
}

/** `project list --json`. */
export interface ProjectListView {
  readonly projects: readonly ProjectSummaryView[];
}

/** `project show --json`: what holds for a project's requests, and who says so. */
export interface ProjectDetailView
  extends ProjectSummaryView,
    Pick<Project, "aliases" | "chains" | "models" | "tag" | "cacheTtlMs" | "keepsPrompts" | "rules" | "sources"> {
  /** When its own file was last read, Unix ms. */
  readonly updatedAt: number | null;
}

/** The answer to a project that was made known. */
export interface ProjectToldView extends ProjectDetailView {
  readonly outcome: "new" | "changed" | "unchanged";
}
