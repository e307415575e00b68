/** Whether a name at an Ollama server means a model that runs in Ollama's cloud: it is neither local nor free. */
export function isCloudModel(name: string): boolean {
  return /[:-]cloud$/i.test(name);
}
