export { errorKinds } from './cli/error-kinds.ts'
export { COMMAND_LINE, type Config, configFingerprint, resolveConfig } from './config/config.ts'
export type { ConfigInput } from './config/config-schema.ts'
export { DEFECTS, type Defect } from './config/defects.ts'
export { ConfigError, type ConfigErrorCode } from './config/errors.ts'
export { mergeSettings, parseFlags, readSpecifications } from './config/flags.ts'
export { type Preset, presetNames, readPreset } from './config/presets.ts'
export type { Finding } from './diagnosis/finding.ts'
export { createEngine } from './engine/create-engine.ts'
export type { Engine } from './engine/engine.ts'
export { BACKENDS, type BackendName } from './engine/tfjs/backend-names.ts'
export { TENSORFLOW_PACKAGES, TENSORFLOW_VERSION } from './engine/tfjs/optional-packages.ts'
export { fixedAxis, logarithmicAxis } from './report/axis.ts'
export { type FigureTable, renderLegend, renderTable } from './report/card.ts'
export { formatTick } from './report/curve-card.ts'
export { html, type Markup } from './report/html.ts'
export {
  absentNumber,
  formatCount,
  formatDuration,
  formatMeasure,
  formatScore,
  formatShare,
  formatSigned,
} from './report/number-format.ts'
export { renderPage } from './report/page.ts'
export { drawPlot, type Series } from './report/plot.ts'
export { ink, renderSvg, type SvgChart } from './report/svg-chart.ts'
export { diagnoseRun, type RunDiagnosis } from './run/diagnose-run.ts'
export { type RepeatedRun, type RepeatSettings, repeatRun } from './run/repeat-run.ts'
export { rememberingLoader, type Session } from './run/session.ts'
export { createTeam, type Team } from './run/team.ts'
export { type PlacedConfig, readScoredTraining, type ScoredTraining, trainAndScore } from './run/train-and-score.ts'
export type { TrainRunPlan } from './run/train-in-folder.ts'
export { trainRun } from './run/train-run.ts'
export { type Evaluation, readEvaluation } from './run-files/evaluation.ts'
export { type IterationMetrics, type MetricsDifference, readMetrics } from './run-files/metrics.ts'
export type { RunRecord } from './run-files/run-record.ts'
export { firstIssue } from './run-files/schema-parts.ts'
export { asciiNumber, type OutputStream, outputStyle } from './terminal/terminal.ts'
export { initialState, type TrainingListener, type TrainingState, train } from './training/train.ts'
