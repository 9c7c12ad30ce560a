/** The blocks of memory that the host writes for env.wasm or checks; the classes in assembly/ say what each field is. */
import { describeBlock } from '@vigil/blocks'

/** What every lane of an environment shares: assembly/plan.ts. */
export const PLAN = describeBlock('Plan', {
  mode: 'u32',
  agentCount: 'i32',
  seed: 'u32',
  episodeSteps: 'u32',
  attribution: 'u32',
  rule: 'u32',
  quorumSize: 'i32',
  fallbackAction: 'u32',
  contextSize: 'i32',
  rowCount: 'u32',
  rows: 'pointer',
  streamStarts: 'pointer',
  streamCount: 'u32',
  labels: 'pointer',
  teamBonus: 'f32',
  headCount: 'i32',
  laneBytes: 'pointer',
  watchBytes: 'pointer',
  watch: 'pointer',
  stateBytes: 'pointer',
  response: 'pointer',
  site: 'pointer',
  actionRewards: ['f32', 8],
})

/** What actions cost where they have consequences: assembly/response-plan.ts. */
export const RESPONSE = describeBlock('Response', {
  allowedBenign: 'f64',
  damage: 'f64',
  dwell: 'f64',
  blockedBenign: 'f64',
  cutOffBenign: 'f64',
  containment: 'f64',
  falseContainment: 'f64',
  alertCost: 'f64',
  analystAccuracy: 'f64',
  hazard: 'f64',
  analystDelay: 'u32',
  block: 'u32',
  tickets: 'u32',
  alertsPerShift: 'u32',
  shift: 'u32',
  ratios: 'pointer',
  multipliers: 'pointer',
  benignAhead: 'pointer',
})

/** Where a stream stands: assembly/response.ts. */
export const STREAM_STATE = describeBlock('StreamState', {
  belief: 'f64',
  reward: 'f64',
  age: 'u32',
  ticket: 'u32',
  sinceClear: 'u32',
  compromised: 'u32',
  stopped: 'u32',
  retried: 'u32',
})

/** The order of the events of one part of a split: assembly/site-plan.ts. */
export const SITE = describeBlock('Site', {
  rows: 'pointer',
  streamStarts: 'pointer',
  positions: 'pointer',
  ticks: 'pointer',
  siteStarts: 'pointer',
  streams: 'pointer',
  slots: 'pointer',
  phases: 'pointer',
  needs: 'pointer',
  firstTicks: 'pointer',
  threatBefore: 'pointer',
  rowCount: 'u32',
  siteCount: 'u32',
  slotCount: 'u32',
})

/** Where a site stands, before what its streams are: assembly/site.ts. */
export const SITE_STATE = describeBlock('SiteState', {
  reward: 'f64',
  tick: 'u32',
  start: 'u32',
  end: 'u32',
  alerts: 'u32',
  slot: 'u32',
  openTickets: 'u32',
  isOver: 'u32',
  next: 'u32',
  falselyContained: 'u32',
  dwell: 'u32',
})

/** One stream of a site, behind its StreamState: assembly/site.ts. */
export const SITE_STREAM = describeBlock('SiteStream', {
  occupant: 'u32',
  due: 'u32',
  clearedAt: 'u32',
  phases: 'u32',
  isOver: 'u32',
  dwell: 'u32',
})

/** A stream that is walked outside of the lanes: assembly/walk.ts. */
export const WALK = describeBlock('Walk', {
  plan: 'pointer',
  state: 'pointer',
  rows: 'pointer',
  position: 'u32',
  end: 'u32',
  actions: 'pointer',
  ledger: 'pointer',
  context: 'pointer',
  site: 'pointer',
})

/** One step of some lanes: assembly/step.ts. */
export const STEP = describeBlock('Step', {
  plan: 'pointer',
  lanes: 'pointer',
  count: 'i32',
  laneBase: 'u32',
  actions: 'pointer',
  probabilities: 'pointer',
  rewards: 'pointer',
  expectedRewards: 'pointer',
  teamActions: 'pointer',
  terminated: 'pointer',
  truncated: 'pointer',
  nextRows: 'pointer',
  nextContext: 'pointer',
  robustness: 'pointer',
  registers: 'pointer',
})

/** A lane's record, before its watch record and its context: assembly/lane.ts. */
export const LANE = describeBlock('Lane', {
  steps: 'u64',
  streamsBegun: 'u32',
  episodeStep: 'u32',
  position: 'u32',
  streamEnd: 'u32',
})

/** What all lanes watch with, before the tables that it points to: assembly/watch-plan.ts. */
export const WATCH = describeBlock('Watch', {
  specificationCount: 'i32',
  signalCount: 'i32',
  signals: 'pointer',
  windowCount: 'i32',
  windows: 'pointer',
  damageAt: 'pointer',
  countsAt: 'pointer',
  damageRingAt: 'pointer',
  ringAt: 'pointer',
  ringSize: 'u32',
  stateAt: 'pointer',
  bytes: 'pointer',
  ledgerAt: 'pointer',
  bank: 'pointer',
  actionMs: ['f64', 4],
  roundMs: ['f64', 1],
  cpuLoad: ['f64', 4],
  memoryLoad: ['f64', 4],
  loadRate: ['f64', 1],
})

/** What a lane watches with, before its windows and its monitors' state: assembly/watch.ts. */
export const WATCH_RECORD = describeBlock('WatchRecord', {
  seen: 'u32',
  position: 'u32',
  cpu: 'f64',
  memory: 'f64',
  dwell: 'u32',
  openTickets: 'u32',
})
