/** Verbs with which instructions begin in English, without most re- forms such as `reopen`. */
export const VERBS: ReadonlySet<string> = new Set(
  `
  abort accept ack acknowledge act activate add address adjust administer admit advance advise agree alert
  allocate allow allowlist amend analyse analyze announce answer apologise apologize apply appoint appraise
  approve archive arrange ask assess assign attach attend audit authorise authorize award back backfill ban be
  bill blacklist block blocklist board book boost boot brief bring build bump buy calculate calibrate call cancel
  capture care catch celebrate certify change charge chase check choose cite claim clarify classify clean clear
  close coach collect comment compare compensate compile complete comply compose concede configure confirm connect
  consider consult contact continue convert convince coordinate copy correct counter countersign cover create
  credit cross cut cycle debrief debug decide decline decommission deduct defer define delay delegate delete
  deliver demo deny deploy deposit describe destroy detach detect determine develop diagnose dial dig direct
  disable discard discharge disconnect discuss disinfect dismiss dispatch display dispose dispute disqualify
  divert do document don't donate double downgrade download draft drag drain draw dress drive drop e-mail earmark
  eat edit elect eliminate email embed empty enable encrypt end enforce engage enquire enrol enroll ensure enter
  entertain erase escalate escort establish estimate evacuate evaluate evict examine exchange exclude execute
  exempt exit expand expedite expel explain explore export express extend extinguish extract fail familiarise feed
  fetch figure file fill finalise finalize find finish fix flag flip flush fly focus follow forbid forgive forward
  freeze fuel fulfil fulfill fund furnish gather get give go grab grant greenlight greet guarantee guide halt
  halve hand handle hang have hear help hide highlight hire hold honor honour hop hotfix identify implement import
  impose improve include incorporate increase inflate inform initiate inject insert inspect install instruct
  integrate intercept interview introduce invalidate invest investigate invite invoice isolate issue join jump
  justify keep kick kill label launch learn lease leave lend let liaise lift limit liquidate list listen load
  locate lock lodge log look loosen lose lower mail maintain make manage mark match measure meet memorise mend
  mention merge message migrate mitigate mobilise modify monitor motivate mount move mute narrow negotiate never
  notarise notarize note notify nudge nurse observe obtain occupy offboard offer offload onboard open operate
  oppose order organise organize outline overhaul override oversee own pack page paint park parse patch pause pay
  perform persuade phase phone pick pilot pin ping pitch place plan plug point polish post postpone prep prepare
  prescribe present press prevail prevent price prime print prioritise prioritize probe proceed process procure
  promote proofread propose protect prove provide provision publish pull purchase purge push put qualify
  quarantine query quote raise rank rate reach read rearrange reassure rebase rebut reckon reclaim recommend
  reconcile reconsider record recover rectify redact redirect reduce refer refuel refund refuse regain register
  reimburse reinforce reinstate reject relay release relieve relocate rely remediate remember remind remove render
  renew rent repair repay repeat replace reply report repossess request require rescue reserve resist resolve
  respond restore restrict resume retain retrieve return reveal reverse revert review revise revoke reward ride
  ring rinse roll rotate route run sack safeguard salvage sample sanction satisfy save say scale scan schedule
  screen search secure sedate see seek select sell send separate serve set settle shape share sharpen shelve shift
  ship shorten show shred shrink shut sign silence simplify sit skip slow smooth snooze solve sort spare speak
  specify spend spin split sponsor stabilise stabilize staff stamp stand start state stay steer step sterilise
  sterilize stick stitch stock stop store straighten strengthen strike strip study submit subscribe sue summarise
  summarize supply support suspend swap sweep swipe switch sync tackle tag take talk teach tell terminate test
  text thank think throttle tidy tie tighten top tow trace track trade train transcribe transfer translate
  transport treat triage trim try turn unblock uncover underwrite undo unfold unfreeze uninstall unload unlock
  unmount unpack unpublish unsubscribe unwind update upgrade uphold upload upsell use usher vacate vaccinate
  vacuum validate vent verify vet veto view visit void vote wait waive wake walk warn wash watch wean wear weigh
  welcome whistle whitelist widen win wipe wire wish withdraw withhold witness work wrap write
  `
    .trim()
    .split(/\s+/),
);

/** Verbs that say that something be done, not what: with `the case` behind them they still say nothing. */
export const SOFT_VERBS: ReadonlySet<string> = new Set(
  'act address attend check do follow get handle have look manage process resolve see take work'.split(
    ' ',
  ),
);
