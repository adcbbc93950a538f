import { findResponder, type Directory } from '../directory.ts';
import type { Channel, LadderStep, Tier } from '../policy.ts';
import { isMailbox } from '../state.ts';
import { listMembers, parseTarget } from '../targets.ts';
import { finding, type Case, type Finding } from './finding.ts';

const ASSIGNEE = 'assignee';

/** Returns the channels of a ladder by which a responder can be told, in its order. */
export function listReached(
  id: string,
  ladder: readonly LadderStep[],
  directory: Directory,
): Channel[] {
  const responder = findResponder(directory, id);
  return ladder
    .filter(({ channel }) => (channel === 'email' ? responder?.email : responder?.phone))
    .map(({ channel }) => channel);
}

/** Returns what there is against whom the policy tells. */
export function reviewPeople(about: Case): Finding[] {
  const { policy, first, dueAt } = about;
  const unreached = policy.tiers.filter((tier) => listTold(about, tier).length === 0);
  const isNobodyReached = unreached.length === policy.tiers.length;
  const alone = findOnlyOne(about);
  return [
    ...(first === undefined && dueAt === undefined ? [nobodyIsTold()] : []),
    ...unreached.map((tier) => tierReachesNobody(tier, isNobodyReached)),
    ...(isNobodyReached ? [] : reviewPhones(about)),
    ...(alone === undefined ? [] : [nobodyElse(about, alone)]),
    ...(alone === undefined ? findRepeatedTiers(about).map(tierAddsNobody) : []),
  ];
}

/** Returns everybody of a tier, or of the last resort, who can be told by its ladder; a mailbox too. */
function listTold(
  { directory }: Case,
  { notify, ladder }: Pick<Tier, 'notify' | 'ladder'>,
): string[] {
  return notify
    .flatMap((target) => (isMailbox(target) ? [target] : listMembers(target, directory)))
    .filter((id) => isMailbox(id) || listReached(id, ladder, directory).length > 0);
}

function nobodyIsTold(): Finding {
  return finding('nobody-is-told', 'error', '/policy', {
    what: 'Nobody would be told of it before it expires.',
    why: 'There is no person who receives it.',
    fix: 'Name people in the policy whom its ladders reach, such as notify: [alice] with a phone for sms.',
  });
}

function tierReachesNobody({ label, notify, ladder }: Tier, isNobodyReached: boolean): Finding {
  const channels = [...new Set(ladder.map(({ channel }) => channel))].join(' or ');
  const isAssignee = label === ASSIGNEE;
  return finding(
    'tier-reaches-nobody',
    isNobodyReached ? 'error' : 'warning',
    isAssignee ? '/assignee' : '/policy',
    {
      what: `Nobody of ${nameTier(label)} (${notify.join(', ')}) has ${channels}.`,
      why: isNobodyReached
        ? 'No tier reaches anybody: only the last resort hears of it.'
        : 'It is passed over: whoever was meant never hears of it.',
      fix: 'Give them the phone or email in the directory, or a channel they have: ladder: [sms, email].',
    },
  );
}

function nameTier(label: string): string {
  return label === ASSIGNEE ? 'the assignee' : label;
}

function reviewPhones({ handoff, policy, directory }: Case): Finding[] {
  if (handoff.urgency === 'routine') return [];
  const rings = policy.tiers.some(({ notify, ladder }) =>
    notify
      .flatMap((target) => listMembers(target, directory))
      .some((id) => listReached(id, ladder, directory).some((channel) => channel !== 'email')),
  );
  if (rings) return [];
  return [
    finding('urgent-without-phone', 'error', '/policy', {
      what: `It is ${handoff.urgency}, but no tier of ${policy.name} rings anybody's phone.`,
      why: 'It lies in an inbox: nobody wakes up, and nobody knows of it in time.',
      fix: 'Add sms to a ladder whose people have a phone: ladder: [sms, { email: 2m }].',
    }),
  ];
}

/** Returns the one person whom all tiers and the last resort come down to. */
function findOnlyOne(about: Case): string | undefined {
  const { policy, directory } = about;
  const told = [...policy.tiers, policy.lastResort].flatMap((level) => listTold(about, level));
  const people = new Set(told.filter((id) => !isMailbox(id)));
  const [only] = people;
  if (only === undefined || people.size > 1) return undefined;
  const own = findResponder(directory, only)?.email;
  const isOwn = (mailbox: string): boolean => mailbox === `mailto:${own ?? ''}`;
  return told.every((id) => !isMailbox(id) || isOwn(id)) ? only : undefined;
}

function nobodyElse({ directory, policy }: Case, only: string): Finding {
  const name = findResponder(directory, only)?.name ?? only;
  return finding('nobody-else-to-ask', 'error', '/policy', {
    what: `All tiers and the last resort of ${policy.name} come down to ${name}.`,
    why: 'If they are asleep, ill or on a plane, nobody acts, and it expires.',
    fix: 'Name somebody else in a tier or as the last resort: lastResort: { notify: [carol] }.',
  });
}

/** Returns the tiers whose people were all told before; a rotation may mean somebody else each time. */
function findRepeatedTiers({ policy, directory }: Case): Tier[] {
  const told = new Set<string>();
  const repeated: Tier[] = [];
  // The assignee is told first because the source knows better, not as a level of escalation.
  for (const tier of policy.tiers.filter(({ label }) => label !== ASSIGNEE)) {
    const isKnown = (target: string): boolean =>
      told.has(target) || listMembers(target, directory).every((id) => told.has(id));
    if (told.size > 0 && tier.notify.every(isKnown)) repeated.push(tier);
    for (const target of tier.notify) {
      told.add(target);
      const members = listMembers(target, directory);
      const isCertain = parseTarget(target).kind !== 'rotation' || members.length === 1;
      if (isCertain) for (const id of members) told.add(id);
    }
  }
  return repeated;
}

function tierAddsNobody({ label, notify }: Tier): Finding {
  return finding('tier-adds-nobody', 'warning', '/policy', {
    what: `Everybody of ${label} (${notify.join(', ')}) was told in an earlier tier.`,
    why: 'Those who did not answer are asked again, and everybody else hears of it only later.',
    fix: 'Name other people; to ask the same ones by another channel, put it into their ladder: [email, { sms: 1h }].',
  });
}
