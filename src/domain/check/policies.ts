import { findResponder } from '../directory.ts';
import { isMailbox } from '../state.ts';
import { listMembers, parseTarget } from '../targets.ts';
import {
  hasChannel,
  listReached,
  listRules,
  nameChannels,
  nameOf,
  type Case,
  type Fault,
  type Rules,
} from './fault.ts';

type Rule = (rules: Rules, about: Case) => Fault[];

/** Returns what is wrong with whom the policies tell, and how. */
export function checkPolicies(about: Case): Fault[] {
  return listRules(about.policies).flatMap((rules) =>
    TIER_RULES.flatMap((check) => check(rules, about)),
  );
}

const TIER_RULES: readonly Rule[] = [
  checkReach,
  checkLadders,
  checkTurns,
  checkPhones,
  checkOthers,
  checkRepeats,
  checkWorkingHours,
];

function at({ name, urgency }: Rules, ...rest: (string | number)[]) {
  return { file: 'policies', path: [name, urgency, ...rest] } as const;
}

/** A tier that reaches nobody. */
function checkReach(rules: Rules, { directory }: Case): Fault[] {
  return rules.policy.tiers.flatMap((tier, index) =>
    listReached(tier, directory).length > 0
      ? []
      : [
          {
            ...at(rules, 'tiers', index, 'notify'),
            severity: 'error',
            what: `${tier.label} reaches nobody: none of ${tier.notify.join(', ')} has ${nameChannels(tier)}`,
            fix: 'add the phone or email to the directory, or a channel they have to the ladder',
          },
        ],
  );
}

/** A step of a ladder that nobody of its tier can get. */
function checkLadders(rules: Rules, { directory }: Case): Fault[] {
  return rules.policy.tiers.flatMap((tier, index) => {
    const people = listReached(tier, directory).filter((id) => !isMailbox(id));
    if (people.length === 0) return [];
    return tier.ladder.flatMap(({ channel }, step): Fault[] =>
      people.some((id) => hasChannel(id, channel, directory))
        ? []
        : [
            {
              ...at(rules, 'tiers', index, 'ladder', step),
              severity: 'warning',
              what: `nobody of ${tier.label} has ${channel}: this step is never used`,
              fix: `give somebody of ${tier.notify.join(', ')} ${channel === 'email' ? 'an email' : 'a phone'}, or leave the step out`,
            },
          ],
    );
  });
}

/** A rotation in which somebody's turn leaves the tier with nobody to tell. */
function checkTurns(rules: Rules, { directory }: Case): Fault[] {
  return rules.policy.tiers.flatMap((tier, index) => {
    const isRotation = (target: string) => parseTarget(target).kind === 'rotation';
    const others = { ...tier, notify: tier.notify.filter((target) => !isRotation(target)) };
    if (listReached(tier, directory).length === 0) return [];
    if (listReached(others, directory).length > 0) return [];
    return tier.notify.flatMap((target, position): Fault[] => {
      if (!isRotation(target) || 'calendar' in (rotationOf(target, directory) ?? {})) return [];
      const missed = listMembers(target, directory).filter(
        (id) => listReached({ ...tier, notify: [id] }, directory).length === 0,
      );
      if (missed.length === 0) return [];
      const names = missed.map((id) => nameOf(id, directory)).join(', ');
      return [
        {
          ...at(rules, 'tiers', index, 'notify', position),
          severity: 'warning',
          what: `${names} of ${target} ${missed.length > 1 ? 'have' : 'has'} no ${nameChannels(tier)}: in that turn ${tier.label} reaches nobody`,
          fix: 'add the phone or email to the directory, or a channel they have to the ladder',
        },
      ];
    });
  });
}

function rotationOf(target: string, { rotations }: Case['directory']) {
  return rotations[parseTarget(target).name];
}

/** An urgent tier that rings no phone. */
function checkPhones(rules: Rules, { directory }: Case): Fault[] {
  const { urgency, policy, name } = rules;
  if (urgency === 'routine') return [];
  const silent = policy.tiers.flatMap((tier, index) => {
    const phones = tier.ladder.filter(({ channel }) => channel !== 'email');
    return listReached({ ...tier, ladder: phones }, directory).length > 0 ? [] : [{ tier, index }];
  });
  const fix = 'give somebody a phone, and the ladder a step by sms: [sms, { email: 2m }]';
  const isReached = policy.tiers.some((tier) => listReached(tier, directory).length > 0);
  if (isReached && silent.length === policy.tiers.length) {
    const what = `${urgency} work rings nobody's phone in any tier of ${name}`;
    return [{ ...at(rules, 'tiers'), severity: 'error', what, fix }];
  }
  return silent
    .filter(({ tier }) => listReached(tier, directory).length > 0)
    .map(({ tier, index }) => ({
      ...at(rules, 'tiers', index, 'ladder'),
      severity: 'warning',
      what: `${urgency} work rings nobody's phone in ${tier.label}`,
      fix,
    }));
}

/** One and the same person everywhere. */
function checkOthers(rules: Rules, { directory }: Case): Fault[] {
  const only = findOnlyOne(rules, { directory });
  if (only === undefined) return [];
  const name = nameOf(only, directory);
  return [
    {
      ...at(rules, 'tiers'),
      severity: 'error',
      what: `every tier and the last resort come down to ${name}`,
      fix: `name somebody else in a tier or as the last resort: who is told when ${name} is ill?`,
    },
  ];
}

/** Returns the one person whom all tiers and the last resort come down to. */
function findOnlyOne(
  { policy }: Rules,
  { directory }: Pick<Case, 'directory'>,
): string | undefined {
  const told = [...policy.tiers, policy.lastResort].flatMap((level) =>
    listReached(level, directory),
  );
  const people = new Set(told.filter((id) => !isMailbox(id)));
  const [only] = people;
  if (only === undefined || people.size > 1) return undefined;
  const own = `mailto:${findResponder(directory, only)?.email ?? ''}`;
  return told.every((id) => id === only || id === own) ? only : undefined;
}

/** A tier whose people were all told before; a rotation may mean somebody else each time. */
function checkRepeats(rules: Rules, about: Case): Fault[] {
  const { directory } = about;
  if (findOnlyOne(rules, about) !== undefined) return [];
  const told = new Set<string>();
  return rules.policy.tiers.flatMap((tier, index): Fault[] => {
    const isKnown = (target: string): boolean =>
      told.has(target) || listMembers(target, directory).every((id) => told.has(id));
    const isRepeat = told.size > 0 && tier.notify.every(isKnown);
    for (const target of tier.notify) {
      told.add(target);
      const members = listMembers(target, directory);
      const isCertain = parseTarget(target).kind !== 'rotation' || members.length === 1;
      if (isCertain) for (const id of members) told.add(id);
    }
    if (!isRepeat) return [];
    return [
      {
        ...at(rules, 'tiers', index, 'notify'),
        severity: 'warning',
        what: `${tier.label} adds nobody: ${tier.notify.join(', ')} ${tier.notify.length > 1 ? 'were' : 'was'} told in an earlier tier`,
        fix: 'name other people; to ask the same ones again use repeat, by another channel their ladder',
      },
    ];
  });
}

function checkWorkingHours(rules: Rules, { directory }: Case): Fault[] {
  const isMissing =
    rules.policy.timing?.timeouts === 'working-hours' && !directory.organisation.workingHours;
  if (!isMissing) return [];
  return [
    {
      ...at(rules, 'timeouts'),
      severity: 'error',
      what: 'counts working hours, but the organisation has none: every minute counts',
      fix: 'give organisation.workingHours in the directory, or leave timeouts out',
    },
  ];
}
