// GSM 03.38; the characters of the extension table take two places each.
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extension = new Set('\f^{}\\[~]|€');

/** Returns how many SMS a text becomes: 160 or 153 GSM-7 characters each, 70 or 67 when one of them is not GSM-7. Source: https://www.twilio.com/docs/glossary/what-sms-character-limit */
export function countSegments(text: string): number {
  const characters = Array.from(text);
  const isGsm7 = characters.every((one) => basic.has(one) || extension.has(one));
  const length = isGsm7
    ? characters.reduce((sum, one) => sum + (extension.has(one) ? 2 : 1), 0)
    : text.length;
  const [single, joined] = isGsm7 ? [160, 153] : [70, 67];
  return length <= single ? 1 : Math.ceil(length / joined);
}
