/**
 * What each setting is, in the groups of the help and of docs/training.md. Values, ranges and defaults are the schema's own
 * (config-schema.ts), and stand beside these words wherever they are shown.
 */
export const SETTING_GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Data: {
    dataset:
      'events of a built-in generator (synthetic, quickest, campaign), of a description (events), or records of DARPA; auto = events where data is given, synthetic with environment triage and in lab:train, else campaign',
    data: 'description of your events, docs/events.md; of darpa-tc a folder or file; none for a generator',
    features: 'inputs that the agents see, docs/features.md; auto = posterior for quickest, else behaviour',
    split:
      'how the data are divided, 70 / 15 / 15, or as they say themselves (described); auto = described for events, quickest and campaign, else stratified, or by-stream with environment respond',
    splitSeed: 'seed of that division',
    rows: 'events to generate (generators only; campaign up to 5,000,000); none = 60,000 of synthetic, else 400,000',
  },
  Run: {
    seed: 'every random number follows from it',
    iterations: 'rollouts followed by updates; auto = 16 where training begins from a rule, else 60',
    actors: 'worker threads; auto = one per core',
    engine:
      'what computes the update: native (C, built by engine-native:build), portable (WebAssembly, no dependency) or tfjs; auto = tfjs where a backend is named or, from minibatches of 16,384 on, a GPU is found, else native where it is built, else portable',
    backend: 'of tfjs; auto = one that finds a GPU, else tensorflow where it is installed, else wasm; docs/engines.md',
    engineThreads:
      'threads of the engine; auto = one per core (native, portable), 2 from four cores on, else 1 (tfjs on wasm)',
    out: 'run folder, new or empty; none = the next free one in runs',
    validateEvery: 'iterations between two validations, each with a checkpoint',
  },
  Team: {
    agents: 'agents of the team, A',
    faults: 'f, with agents >= 3 f + 1; auto = the largest',
    rule: 'how the votes become one decision: quorum (2 f + 1 agents in one class), majority, trimmed-median (of the scores), weighted (by validation F1); docs/consensus.md',
    fallbackAction:
      "the team's action without a decision; auto = block where actions have consequences, since it ends nothing and asks nobody, else alert",
    policy: 'mlp decides by the present event; lstm remembers earlier ones',
    policyHidden: "widths of the policy's hidden layers",
    valueHidden: 'widths of the separate critic; with credit exact there is none',
    lstmHidden: 'widths of the LSTM layers behind the hidden layers of policy and critic (only with policy lstm)',
  },
  Environment: {
    environment:
      'whether actions change what happens next (respond, docs/respond.md) or not (triage); auto = respond for the generators quickest and campaign, else triage',
    episodes:
      'rows drawn independently (iid), or whole streams in time order (stream); auto = stream where actions have consequences, else iid',
    belief:
      'what a team sees of how likely its stream is under attack, only with environment respond: exact (with features posterior), learnt (boosted trees on each event, on training streams by trees of other streams), filtered (what such trees say of the events so far, by Bayes), event (whether the present event is a threat itself), hidden-markov (a hidden Markov model of streams; campaign, and quickest with features history) or none; auto = exact where it is known, none for quickest with features history, hidden-markov for campaign, else learnt',
    sampling:
      'which training rows iid draws: each equally often (natural), or threats as often as benign events, with rewards weighted so that the objective stays (importance)',
    'rewards.truePositive': 'threat stopped',
    'rewards.trueNegative': 'benign event let through',
    'rewards.falsePositive': 'benign event stopped',
    'rewards.falseNegative': 'threat let through',
    'rewards.restrictiveCost': 'subtracted for every restrictive action',
    'rewards.alertCost': 'subtracted for every alert, a fallback to alert included; below 0 alerts are paid for',
    'rewards.alertedThreat':
      "the part of a threat's damage that the analyst who sees the alert still prevents: an alerted threat pays falseNegative + alertedThreat (truePositive - falseNegative) - alertCost",
    'response.allowedBenign':
      'earned by a benign event that is let through (this and the following only with environment respond)',
    'response.damage': 'cost of a threat that is let through',
    'response.dwell': 'cost of every threat while its intruder is there, blocked or not',
    'response.blockedBenign': 'cost of a benign event that is blocked',
    'response.cutOffBenign': 'cost of a benign event that a false containment cuts off',
    'response.containment': "cost of quarantine, the team's or the analyst's",
    'response.falseContainment': 'cost of a quarantine where nothing has been a threat',
    'response.alertCost': 'cost of an alert, a fallback to alert included',
    'response.analystDelay':
      "events of the stream, in layout site those of the site, between an alert and the analyst's verdict",
    'response.analystAccuracy': 'share of the verdicts that are right',
    'response.block':
      'what a blocked intruder does: goes on (fail-soft), gives up (fail-stop), tries the same event again (retry)',
    'response.layout':
      'what a lane walks: one stream (stream), or the events of a site in the order of time, whose streams share the analysts (site); docs/respond.md',
    'response.tickets': 'tickets that may be open at a site at once (this and the following only with layout site)',
    'response.alertsPerShift': 'alerts that are heard at a site in a shift; 0 = any number',
    'response.shift': 'events of the site in a shift, after which the alerts are counted anew; 0 = there are no shifts',
  },
  Specifications: {
    stlMode: 'what the specifications do to learning; docs/constraints.md',
    specifications:
      'a preset, or a list of { name, formula, target }; as a flag also a file .json with such a list, or one formula; auto = none with stlMode off, else default',
    stlTarget: 'share of the steps in which a specification without a target of its own is to hold',
    observeConstraints:
      'who sees the robustness of the step before: the critics alone, or the team; auto = critic with a Lagrangian, else nobody',
    'pid.proportional': "gain of the multipliers' controller on the share of violated steps that is too much",
    'pid.integral': 'on the sum of that over the iterations',
    'pid.derivative': 'on the rise of violations since the iteration before',
  },
  Collection: {
    rowsPerIteration: 'events of one iteration; auto = 32,768 where actions have consequences, else 8,192',
    rolloutSteps: 'T, steps of one rollout; auto = 64 where actions have consequences, else 16',
    shards: 'pieces of work; must divide rowsPerIteration / rolloutSteps',
    staleness:
      '0 = actors and learner take turns; 1 = the actors collect the next batch with the weights of before an update, during that update',
  },
  Learning: {
    warmStart:
      'what policies and critics begin with: random weights (none), or what the ladder of the belief does that is best on validation, learnt by cross-entropy (rule, docs/respond.md); auto = rule where there is a belief, but none for the exact one of quickest without multipliers',
    credit:
      'what an action is credited with: what a critic makes of sampled steps (sampled), the same but that what block brings beside allow is known in hindsight (hindsight; where a blocked intruder goes on), or its expected return on the recordings, computed exactly, each iteration being all training streams (exact; where only allow, block and quarantine act, docs/respond.md); auto = exact where analystDelay is 10,000, so that nobody answers, hindsight with belief hidden-markov, else sampled',
    gamma: 'discount per step; auto = 0 for iid, 0.9 for stream',
    gaeLambda: 'of GAE and of TD(lambda)',
    learningRate: 'of Adam, at the start',
    anneal: 'learning rate and entropy coefficient fall linearly to 0',
    minibatchSize:
      'events; must divide rowsPerIteration; with policy lstm a multiple of rolloutSteps; auto = 4,096 where actions have consequences, else 1,024',
    epochs: 'passes over a batch; auto = 1 with credit exact, whose credits are those of its beginning, else 4',
    clipEpsilon: "half-width of PPO's clip band",
    entropyCoef: 'weight of the entropy, at the start; auto = 0.002 where training begins from a rule, else 0.01',
    valueCoef: "weight of the critic's loss",
    targetKl:
      "ends an iteration's epochs before the step whose minibatch has an approxKl above 1.5 times this; none = never",
    maxGradNormPolicy: "of the policy's gradient, per agent",
    maxGradNormValue: "of the critic's gradient, per agent",
  },
}

/** What lab:train takes besides. Described as above. */
export const LAB_SETTING_GROUPS: typeof SETTING_GROUPS = {
  'Experiments and faults of the earlier system': {
    layerNorm: 'whether the hidden layers are normalised before the ReLU',
    episodeSteps: 'time limit, 0 = none; reaching it truncates',
    attribution: "paid for the own action (own), or for the team's (consensus)",
    teamBonus: 'w in w (1 if all agree + 2 * share right)',
    costCritic:
      "what a cost's advantage counts from: robustness (how near a violation is), or network, that and an output of the critic",
    costGamma: 'discount of the costs per step',
    costLambda: "of the costs' GAE",
    constraintCoef: 'weight of the loss of the cost critics',
    penaltyCoef: 'c in -c (1 - least robustness) at steps with a violation (with stlMode penalty)',
    returns: 'what the critic is fitted to',
    bootstrap:
      "whether returns go on, where a rollout or a time limit cuts them, with the critic's value; false = nothing follows",
    returnNormalisation: 'of the returns, by mean and deviation of all batches, of each, or not',
    baseline: 'what an action is compared with: critic, or counterfactual (only with gamma 0)',
    defects: 'to be switched on and studied; docs/history.md',
  },
}
