/** An engine's own name of a model: `latest` is what no tag means. */
export function withTag(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).includes(":") ? model : `${model}:latest`;
}
