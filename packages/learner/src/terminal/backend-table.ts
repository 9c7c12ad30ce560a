import { borderlessTable } from '@vigil/command-line'
import { type BackendReport, type BackendsReport, GPU_MINIBATCH_ROWS } from '@vigil/engine'
import { type OutputEnvironment, outputStyle, printable } from './terminal.ts'

/**
 * The engines and backends of this machine for the terminal: a line for each, what `--engine=auto` takes, and for each
 * that is not available the reason and the command that changes it, on a line of its own to be copied.
 */
export function backendTable(
  { backends, auto, autoOnLarge }: BackendsReport,
  { isTTY, environment = process.env }: { readonly isTTY: boolean; readonly environment?: OutputEnvironment },
): string {
  const { colors } = outputStyle(isTTY, environment)
  const table = borderlessTable({ text: 5, numbers: 0 })
  table.push(['engine', 'backend', 'here', 'versions', 'device'].map((heading) => colors.dim(heading)))
  for (const report of backends) {
    const here = report.available ? colors.green('yes') : colors.yellow('no')
    const device = report.device === null ? '-' : printable(report.device)
    table.push([report.engine, nameOf(report), here, versionsOf(report), device])
  }
  const missing = backends.flatMap((report) =>
    report.available
      ? []
      : ['', `${report.engine} ${nameOf(report)}: ${printable(report.reason!)}. To get it:`, `  ${report.command}`],
  )
  const taken = (choice: BackendsReport['auto']) =>
    choice === null ? 'nothing: no engine starts' : `${choice.engine}, ${printable(choice.device)}`
  const onLarge =
    autoOnLarge?.device === auto?.device
      ? []
      : [`For minibatches of ${GPU_MINIBATCH_ROWS} rows and more it takes ${taken(autoOnLarge)}.`]
  const lines = [table.toString(), '', `--engine=auto takes ${taken(auto)}.`, ...onLarge, ...missing]
  // Table cells are padded to their column, which leaves blanks at the ends of lines.
  return `${lines.join('\n').replace(/[ ]+$/gm, '')}\n`
}

/** Only TF.js has backends to choose from. */
function nameOf({ backend }: BackendReport): string {
  return backend === 'auto' ? '-' : backend
}

function versionsOf({ versions }: BackendReport): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name.replace('@tensorflow/', '')} ${version}`)
    .join(', ')
}
