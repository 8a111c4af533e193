/**
 * @module British spellings in American, as the Penn Treebank's tokens have them.
 */

/** Words in -our that are no British spellings of -or. */
const OUR = new Set(
  (
    'abatjour beflour bonjour calambour carrefour cornflour contour detour devour dortour downpour dyvour flour four ' +
    'glamour holour inpour outpour paramour pandour pompadour repour scour sompnour tambour troubadour velour your hour tour pour sour ' +
    'our dour'
  ).split(' '),
);

const WORDS = new Map(
  (
    'grey gray|greys grays|greyish grayish|centre center|centres centers|centred centered|theatre theater|theatres theaters|' +
    'metre meter|metres meters|kilometre kilometer|kilometres kilometers|centimetre centimeter|centimetres centimeters|litre liter|' +
    'litres liters|fibre fiber|fibres fibers|sabre saber|sabres sabers|calibre caliber|lustre luster|sombre somber|spectre specter|' +
    'manoeuvre maneuver|manoeuvres maneuvers|moustache mustache|moustaches mustaches|mould mold|moulds molds|moulding molding|' +
    'plough plow|ploughs plows|ploughing plowing|tyre tire|tyres tires|kerb curb|kerbs curbs|pyjamas pajamas|pyjama pajama|' +
    'jewellery jewelry|cheque check|cheques checks|defence defense|offence offense|licence license|pretence pretense|' +
    'aluminium aluminum|catalogue catalog|catalogues catalogs|dialogue dialog|dialogues dialogs|analogue analog|programme program|programmes programs|' +
    'sceptical skeptical|skilful skillful|wilful willful|fulfil fulfill|enrol enroll|instalment installment|' +
    'analyse analyze|analysed analyzed|analyses analyzes|analysing analyzing|paralyse paralyze|paralysed paralyzed|catalyse catalyze|' +
    'yoghurt yogurt|axe ax|draught draft|draughts drafts|gaol jail|storey story|storeys stories|sulphur sulfur|woollen woolen|' +
    'cosy cozy|mum mom|mums moms|mummy mommy|ageing aging|judgement judgment|acknowledgement acknowledgment'
  )
    .split('|')
    .map((pair) => pair.split(' ') as [string, string]),
);

/** A word in lower case, in American spelling. */
export function americanSpelling(word: string): string {
  const known = WORDS.get(word);
  if (known !== undefined) return known;
  const our = /^([a-z]{2,})our(s|ed|ing|ite|ites|ful|less|able|er|ers|ist|hood|hoods)?$/.exec(word);
  if (our && !OUR.has(`${our[1]}our`)) return `${our[1]}or${our[2] ?? ''}`;
  return word;
}
