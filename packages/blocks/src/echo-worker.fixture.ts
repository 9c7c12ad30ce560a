import { workerData } from 'piscina'

/** What the thread was given, and whether it may `require` an ES module. */
export default function echo(task: number) {
  return { task, workerData, requiresModules: process.features.require_module }
}
