/** What actions cost where they have consequences. Described in ../src/blocks.ts, written by ../src/plan.ts. */
@unmanaged
export class Response {
  allowedBenign: f64
  damage: f64
  dwell: f64
  blockedBenign: f64
  cutOffBenign: f64
  containment: f64
  falseContainment: f64
  alertCost: f64
  analystAccuracy: f64
  /** of the belief's filter; 0 = a ratio is the odds themselves */
  hazard: f64
  analystDelay: u32
  /** 0 fail-soft, 1 fail-stop, 2 retry */
  block: u32
  /** layout `site`: tickets at once, alerts heard in a shift (0 = any number), events of the site in a shift (0 = no shifts) */
  tickets: u32
  alertsPerShift: u32
  shift: u32
  /** -> f32 [N] likelihood ratio of each dataset row, 0 = there are none */
  ratios: usize
  /** -> f32 [N] damage multiplier of each dataset row, 0 = all are 1 */
  multipliers: usize
  /** -> u32 [N] benign events of a row's stream from the row on, as far as they are in its part of the split */
  benignAhead: usize
}
