import { failure, type Result, success } from "../../core/result.ts";
import type { AssumedCosts } from "../../features/routing-eval/own-data.ts";
import { buildPool, modelsOf, type Pool } from "../../features/routing-eval/pool.ts";
import { assumeCosts, readPrices } from "../../features/routing-eval/prices.ts";
import { type RowProblem, readScoredRows, type ScoredRow } from "../../features/routing-eval/scored-rows.ts";
import { type CliProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";

/** Fewer rows than this teach nothing that five folds could check. */
const LEAST_TRAINING_ROWS = 50;
const SHOWN_PROBLEMS = 5;
const ROW_FORMAT =
  'a row is {"prompt": text, "scores": {"model": 0 to 1, …}, "costs": {"model": usd, …}}; costs may be absent';

function rowsProblem(file: string, problems: readonly RowProblem[]): CliProblem {
  const shown = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(({ line, field, message }) => plainText(`${file}:${line}: ${field} ${message}`));
  const rest = problems.length - shown.length;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  return usageProblem("bad_evaluation_rows", [...shown, ...more].join("\n"), ROW_FORMAT);
}

async function readRows(file: string): Promise<Result<readonly ScoredRow[], CliProblem>> {
  const source = Bun.file(file);
  if (!(await source.exists())) {
    return failure(usageProblem("file_not_found", `there is no file ${plainText(file)}`, "check the path"));
  }
  const rows = await readScoredRows(source.stream());
  return rows.ok ? rows : failure(rowsProblem(file, rows.error));
}

/** The pools of two files, with the models of the training rows; a problem names the file, the line and the field. */
export async function readPools(
  trainFile: string,
  testFile: string,
): Promise<Result<{ readonly train: Pool; readonly test: Pool }, CliProblem>> {
  const trainRows = await readRows(trainFile);
  if (!trainRows.ok) return trainRows;
  if (trainRows.value.length < LEAST_TRAINING_ROWS) {
    const message = `${plainText(trainFile)} has ${trainRows.value.length} rows; at least ${LEAST_TRAINING_ROWS} are needed to train and to check`;
    return failure(usageProblem("too_few_rows", message));
  }
  const testRows = await readRows(testFile);
  if (!testRows.ok) return testRows;
  if (testRows.value.length === 0) return failure(usageProblem("too_few_rows", `${plainText(testFile)} has no rows`));
  const models = modelsOf(trainRows.value);
  const train = buildPool(trainRows.value, models);
  if (!train.ok) return failure(rowsProblem(trainFile, [train.error]));
  const test = buildPool(testRows.value, models);
  if (!test.ok) return failure(rowsProblem(testFile, [test.error]));
  return success({ train: train.value, test: test.value });
}

/** Costs by a file of prices; null where none is given. */
export async function readAssumedCosts(
  file: string | undefined,
  train: Pool,
  test: Pool,
): Promise<Result<AssumedCosts | null, CliProblem>> {
  if (file === undefined) return success(null);
  const source = Bun.file(file);
  if (!(await source.exists())) {
    return failure(usageProblem("file_not_found", `there is no file ${plainText(file)}`, "check the path of --prices"));
  }
  const prices = readPrices(await source.text(), train.models);
  if (!prices.ok) {
    const fix = 'prices are {"model": usd} or {"model": {"input_price": usd, "output_price": usd}}, per million tokens';
    return failure(usageProblem("bad_prices", `${plainText(file)}: ${prices.error}`, fix));
  }
  return success({ train: assumeCosts(train, prices.value), test: assumeCosts(test, prices.value) });
}
