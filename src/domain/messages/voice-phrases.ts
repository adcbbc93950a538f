import type { Ending } from '../state.ts';
import type { Urgency } from '../handoff.ts';
import type { Language, Moment, SpokenWords } from './speech.ts';

/** How to get at the person the action is about. */
export type Reachable = 'phone' | 'email' | 'neither';

/** Everything that Baton itself says on the phone, in one language; what sources write stays as it is written. */
export interface Phrases {
  readonly words: SpokenWords;
  readonly greeting: (urgency: Urgency, name: string) => string;
  /** `toDo` is an instruction as the source wrote it, without a full stop. */
  readonly due: (toDo: string, at: Moment) => string;
  readonly overdue: (toDo: string, at: Moment) => string;
  readonly opensAt: (at: Moment) => string;
  readonly score: (value: string, outOf: string | undefined, meaning: string | undefined) => string;
  readonly menu: string;
  readonly gate: (name: string) => string;
  readonly machine: (name: string) => string;
  readonly wrongKey: string;
  readonly unchanged: string;
  readonly goodbye: string;
  readonly oneMoment: string;
  readonly taken: string;
  readonly alreadyYours: (since: Moment) => string;
  readonly dueStill: (at: Moment) => string;
  readonly wasDue: (at: Moment) => string;
  /** What they need is in a message they have. */
  readonly inMessages: Readonly<Record<Reachable, string>>;
  /** What they need comes in a message now. */
  readonly comesBySms: Readonly<Record<Reachable, string>>;
  readonly heldByOther: (name: string, since: Moment) => string;
  readonly passed: string;
  readonly later: (until: Moment) => string;
  readonly laterAsOwner: (until: Moment) => string;
  readonly ended: (status: Ending['status'], who: string | undefined) => string;
  readonly nothingWaits: string;
  readonly recorded: string;
  readonly notRecorded: string;
  readonly uncertain: string;
  readonly unreadable: string;
}

const english = (() => {
  const plain = ({ day, time }: Moment) => (day === undefined ? time : `${day} at ${time}`);
  const at = (moment: Moment) =>
    moment.day === undefined ? `at ${moment.time}` : `on ${plain(moment)}`;
  return {
    words: {
      and: 'and',
      or: 'or',
      of: 'of',
      percent: 'percent',
      to: 'to',
      at: 'at',
      plus: 'plus',
      number: 'the number in your messages',
      link: 'the link in your messages',
      address: 'the address in your messages',
    },
    greeting: (urgency, name) =>
      ({
        critical: `Critical for ${name}.`,
        urgent: `Urgent for ${name}.`,
        routine: `For ${name}.`,
      })[urgency],
    due: (toDo, moment) => `${toDo} by ${plain(moment)}.`,
    overdue: (toDo, moment) => `${toDo}. It was due by ${plain(moment)}.`,
    opensAt: (moment) => `They can be reached from ${plain(moment)}.`,
    score: (value, outOf, meaning) =>
      `Score ${value}${outOf === undefined ? '' : ` of ${outOf}`}${meaning === undefined ? '' : `, ${meaning}`}.`,
    menu: 'Press 1 to take it, 2 to pass, 3 for later, star to repeat.',
    gate: (name) => `Baton for ${name}. Something is waiting for you. Press 1 to hear it.`,
    machine: (name) =>
      `This is Baton for ${name}. Work is waiting for you. Please look at your messages. If you are there, press 1 to hear it.`,
    wrongKey: 'That key is not one of the choices.',
    unchanged: 'Nothing has changed. Good bye.',
    goodbye: 'Good bye.',
    oneMoment: 'One moment.',
    taken: 'You have it.',
    alreadyYours: (since) => `You have it already, since ${plain(since)}.`,
    dueStill: (moment) => `Do it by ${plain(moment)}.`,
    wasDue: (moment) => `It was due by ${plain(moment)}.`,
    inMessages: {
      phone: 'The number is in your messages.',
      email: 'The address is in your messages.',
      neither: 'The details are in your messages.',
    },
    comesBySms: {
      phone: 'You get the number by SMS now.',
      email: 'You get the address by SMS now.',
      neither: 'You get the details by SMS now.',
    },
    heldByOther: (name, since) => `${name} has it since ${plain(since)}. Nothing for you to do.`,
    passed: 'Passed on. Thank you for saying so.',
    later: (until) =>
      `Later, then. You are asked again ${at(until)}, if nobody has taken it. Others are asked meanwhile.`,
    laterAsOwner: (until) => `You still have it. You are reminded ${at(until)}.`,
    ended: (status, who) =>
      ({
        resolved: `It is done${who === undefined ? '' : `, by ${who}`}. Nothing for you to do.`,
        withdrawn: 'It was called off. Nothing for you to do.',
        expired: 'It has expired. Nothing for you to do.',
      })[status],
    nothingWaits: 'Nothing is waiting for you any more.',
    recorded: 'Your answer is recorded. You get the result by SMS.',
    notRecorded: 'Your answer is not recorded. Please answer by SMS instead.',
    uncertain: 'It is not certain that your answer is recorded. Please answer by SMS as well.',
    unreadable: 'The details cannot be read right now. Please look at your messages.',
  } satisfies Phrases;
})();

const german = (() => {
  const plain = ({ day, time }: Moment) => `${day === undefined ? '' : `${day}, `}${time} Uhr`;
  const at = (moment: Moment) => `${moment.day === undefined ? 'um' : 'am'} ${plain(moment)}`;
  return {
    words: {
      and: 'und',
      or: 'oder',
      of: 'von',
      percent: 'Prozent',
      to: 'nach',
      at: 'at',
      plus: 'plus',
      number: 'die Nummer in Ihren Nachrichten',
      link: 'der Link in Ihren Nachrichten',
      address: 'die Adresse in Ihren Nachrichten',
    },
    greeting: (urgency, name) =>
      ({
        critical: `Sehr dringend für ${name}.`,
        urgent: `Dringend für ${name}.`,
        routine: `Für ${name}.`,
      })[urgency],
    due: (toDo, moment) => `${toDo}. Bis ${plain(moment)}.`,
    overdue: (toDo, moment) => `${toDo}. Fällig war es bis ${plain(moment)}.`,
    opensAt: (moment) => `Zu erreichen ab ${plain(moment)}.`,
    score: (value, outOf, meaning) =>
      `Bewertung ${value}${outOf === undefined ? '' : ` von ${outOf}`}${meaning === undefined ? '' : `, ${meaning}`}.`,
    menu: 'Drücken Sie 1 zum Übernehmen, 2 zum Weitergeben, 3 für später, Stern zum Wiederholen.',
    gate: (name) => `Baton für ${name}. Etwas wartet auf Sie. Drücken Sie 1, um es zu hören.`,
    machine: (name) =>
      `Hier ist Baton für ${name}. Arbeit wartet auf Sie. Bitte sehen Sie in Ihre Nachrichten. Wenn Sie da sind, drücken Sie 1, um es zu hören.`,
    wrongKey: 'Diese Taste steht nicht zur Wahl.',
    unchanged: 'Nichts hat sich geändert. Auf Wiederhören.',
    goodbye: 'Auf Wiederhören.',
    oneMoment: 'Einen Moment.',
    taken: 'Sie haben es übernommen.',
    alreadyYours: (since) => `Sie haben es schon, seit ${plain(since)}.`,
    dueStill: (moment) => `Zu erledigen bis ${plain(moment)}.`,
    wasDue: (moment) => `Fällig war es bis ${plain(moment)}.`,
    inMessages: {
      phone: 'Die Nummer steht in Ihren Nachrichten.',
      email: 'Die Adresse steht in Ihren Nachrichten.',
      neither: 'Alles Weitere steht in Ihren Nachrichten.',
    },
    comesBySms: {
      phone: 'Die Nummer kommt jetzt per SMS.',
      email: 'Die Adresse kommt jetzt per SMS.',
      neither: 'Alles Weitere kommt jetzt per SMS.',
    },
    heldByOther: (name, since) => `${name} hat es seit ${plain(since)}. Für Sie ist nichts zu tun.`,
    passed: 'Weitergegeben. Danke für die Antwort.',
    later: (until) =>
      `Also später. Sie werden ${at(until)} wieder gefragt, wenn es dann noch niemand hat. Inzwischen werden andere gefragt.`,
    laterAsOwner: (until) => `Sie haben es weiterhin. Sie werden ${at(until)} erinnert.`,
    ended: (status, who) =>
      ({
        resolved: `Es ist erledigt${who === undefined ? '' : `, von ${who}`}. Für Sie ist nichts zu tun.`,
        withdrawn: 'Es wurde zurückgezogen. Für Sie ist nichts zu tun.',
        expired: 'Es ist abgelaufen. Für Sie ist nichts zu tun.',
      })[status],
    nothingWaits: 'Es wartet nichts mehr auf Sie.',
    recorded: 'Ihre Antwort ist festgehalten. Das Ergebnis kommt per SMS.',
    notRecorded: 'Ihre Antwort ist nicht festgehalten. Bitte antworten Sie stattdessen per SMS.',
    uncertain:
      'Es ist nicht sicher, dass Ihre Antwort festgehalten ist. Bitte antworten Sie auch per SMS.',
    unreadable: 'Näheres kann gerade nicht vorgelesen werden. Bitte sehen Sie in Ihre Nachrichten.',
  } satisfies Phrases;
})();

const spanish = (() => {
  const article = (time: string) => (/^0?1\D/u.test(time) ? 'la' : 'las');
  const plain = ({ day, time }: Moment) =>
    day === undefined ? `${article(time)} ${time}` : `el ${day} a ${article(time)} ${time}`;
  const at = (moment: Moment) => (moment.day === undefined ? `a ${plain(moment)}` : plain(moment));
  return {
    words: {
      and: 'y',
      or: 'o',
      of: 'de',
      percent: 'por ciento',
      to: 'a',
      at: 'arroba',
      plus: 'más',
      number: 'el número de sus mensajes',
      link: 'el enlace de sus mensajes',
      address: 'la dirección de sus mensajes',
    },
    greeting: (urgency, name) =>
      ({
        critical: `Muy urgente para ${name}.`,
        urgent: `Urgente para ${name}.`,
        routine: `Para ${name}.`,
      })[urgency],
    due: (toDo, moment) => `${toDo}. Plazo hasta ${plain(moment)}.`,
    overdue: (toDo, moment) => `${toDo}. El plazo era hasta ${plain(moment)}.`,
    opensAt: (moment) => `Se puede contactar desde ${plain(moment)}.`,
    score: (value, outOf, meaning) =>
      `Puntuación ${value}${outOf === undefined ? '' : ` de ${outOf}`}${meaning === undefined ? '' : `, ${meaning}`}.`,
    menu: 'Pulse 1 para aceptarlo, 2 para pasarlo, 3 para más tarde, asterisco para repetir.',
    gate: (name) => `Baton para ${name}. Algo le espera. Pulse 1 para escucharlo.`,
    machine: (name) =>
      `Aquí Baton para ${name}. Hay trabajo que le espera. Por favor, mire sus mensajes. Si está ahí, pulse 1 para escucharlo.`,
    wrongKey: 'Esa tecla no es una de las opciones.',
    unchanged: 'No ha cambiado nada. Adiós.',
    goodbye: 'Adiós.',
    oneMoment: 'Un momento.',
    taken: 'Es suyo.',
    alreadyYours: (since) => `Ya es suyo, desde ${plain(since)}.`,
    dueStill: (moment) => `Plazo hasta ${plain(moment)}.`,
    wasDue: (moment) => `El plazo era hasta ${plain(moment)}.`,
    inMessages: {
      phone: 'El número está en sus mensajes.',
      email: 'La dirección está en sus mensajes.',
      neither: 'Los detalles están en sus mensajes.',
    },
    comesBySms: {
      phone: 'Recibirá ahora el número por SMS.',
      email: 'Recibirá ahora la dirección por SMS.',
      neither: 'Recibirá ahora los detalles por SMS.',
    },
    heldByOther: (name, since) =>
      `${name} lo tiene desde ${plain(since)}. No tiene que hacer nada.`,
    passed: 'Pasado. Gracias por avisar.',
    later: (until) =>
      `Más tarde, entonces. Se le preguntará otra vez ${at(until)}, si nadie lo ha aceptado. Mientras tanto se pregunta a otros.`,
    laterAsOwner: (until) => `Sigue siendo suyo. Se le recordará ${at(until)}.`,
    ended: (status, who) =>
      ({
        resolved: `Ya está hecho${who === undefined ? '' : `, por ${who}`}. No tiene que hacer nada.`,
        withdrawn: 'Se ha retirado. No tiene que hacer nada.',
        expired: 'Ha caducado. No tiene que hacer nada.',
      })[status],
    nothingWaits: 'Ya no le espera nada.',
    recorded: 'Su respuesta está registrada. Recibirá el resultado por SMS.',
    notRecorded: 'Su respuesta no está registrada. Por favor, responda por SMS.',
    uncertain:
      'No es seguro que su respuesta esté registrada. Por favor, responda también por SMS.',
    unreadable: 'Ahora no se pueden leer los detalles. Por favor, mire sus mensajes.',
  } satisfies Phrases;
})();

/** Days stand behind a colon, because Polish would inflect their names. */
const polish = (() => {
  const plain = ({ day, time }: Moment) => `${day === undefined ? '' : `${day}, `}godzina ${time}`;
  return {
    words: {
      and: 'i',
      or: 'lub',
      of: 'na',
      percent: 'procent',
      to: 'do',
      at: 'małpa',
      plus: 'plus',
      number: 'numer z wiadomości',
      link: 'link z wiadomości',
      address: 'adres z wiadomości',
    },
    greeting: (urgency, name) =>
      ({
        critical: `Bardzo pilne, ${name}.`,
        urgent: `Pilne, ${name}.`,
        routine: `Wiadomość, ${name}.`,
      })[urgency],
    due: (toDo, moment) => `${toDo}. Termin: ${plain(moment)}.`,
    overdue: (toDo, moment) => `${toDo}. Termin minął: ${plain(moment)}.`,
    opensAt: (moment) => `Kontakt możliwy od: ${plain(moment)}.`,
    score: (value, outOf, meaning) =>
      `Ocena ${value}${outOf === undefined ? '' : ` na ${outOf}`}${meaning === undefined ? '' : `, ${meaning}`}.`,
    menu: 'Naciśnij 1, aby przyjąć, 2, aby przekazać, 3 na później, gwiazdkę, aby powtórzyć.',
    gate: (name) => `Baton, wiadomość: ${name}. Coś czeka. Naciśnij 1, aby posłuchać.`,
    machine: (name) =>
      `Tu Baton, wiadomość: ${name}. Czeka praca. Proszę sprawdzić wiadomości. Jeśli ktoś słucha, proszę nacisnąć 1.`,
    wrongKey: 'Tego klawisza nie ma do wyboru.',
    unchanged: 'Nic się nie zmieniło. Do widzenia.',
    goodbye: 'Do widzenia.',
    oneMoment: 'Chwileczkę.',
    taken: 'Przyjęte, zadanie jest Twoje.',
    alreadyYours: (since) => `Zadanie jest już Twoje, od: ${plain(since)}.`,
    dueStill: (moment) => `Termin: ${plain(moment)}.`,
    wasDue: (moment) => `Termin minął: ${plain(moment)}.`,
    inMessages: {
      phone: 'Numer jest w wiadomościach.',
      email: 'Adres jest w wiadomościach.',
      neither: 'Szczegóły są w wiadomościach.',
    },
    comesBySms: {
      phone: 'Numer przyjdzie teraz SMS-em.',
      email: 'Adres przyjdzie teraz SMS-em.',
      neither: 'Szczegóły przyjdą teraz SMS-em.',
    },
    heldByOther: (name, since) => `Zajmuje się tym ${name}, od: ${plain(since)}. Nic do zrobienia.`,
    passed: 'Przekazane dalej. Dziękujemy za odpowiedź.',
    later: (until) =>
      `Zatem później. Zapytamy ponownie, jeśli nikt tego nie przyjmie: ${plain(until)}. W tym czasie pytamy innych.`,
    laterAsOwner: (until) => `Zadanie nadal jest Twoje. Przypomnienie: ${plain(until)}.`,
    ended: (status, who) =>
      ({
        resolved: `To już zrobione${who === undefined ? '' : `: ${who}`}. Nic do zrobienia.`,
        withdrawn: 'To zostało odwołane. Nic do zrobienia.',
        expired: 'To wygasło. Nic do zrobienia.',
      })[status],
    nothingWaits: 'Nic już nie czeka.',
    recorded: 'Odpowiedź jest zapisana. Wynik przyjdzie SMS-em.',
    notRecorded: 'Odpowiedź nie jest zapisana. Proszę odpowiedzieć SMS-em.',
    uncertain: 'Nie jest pewne, czy odpowiedź jest zapisana. Proszę odpowiedzieć także SMS-em.',
    unreadable: 'Szczegółów nie można teraz odczytać. Proszę sprawdzić wiadomości.',
  } satisfies Phrases;
})();

/** What is said, by language. */
export const PHRASES: Readonly<Record<Language, Phrases>> = {
  en: english,
  de: german,
  es: spanish,
  pl: polish,
};
