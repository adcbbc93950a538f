import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import MiniSearch from 'minisearch';

/** One article of the knowledge base. */
export interface Article {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** What people call it besides. */
  readonly keywords: string;
}

/** What a question found; `isSure` when enough of its words stand in the article. */
export interface Finding {
  readonly article: Article;
  readonly isSure: boolean;
}

/** Finds the article that answers a question. */
export interface Knowledge {
  readonly articles: readonly Article[];
  find(question: string): Finding | undefined;
}

/** Words that say nothing of what a question is about. */
const EMPTY = new Set(
  `a about after am an and any are as at be before but by can could cant did do does doing dont for from get got had has have hello
  help hey hi how i id if im in is it its just know like me my need no not of ok okay on or our out please so some tell
  thank thanks that the their them there they thing this to up us use want was we what when where which who why will
  with would yes you your fernhill question something anything understand still again really`.split(
    /\s+/,
  ),
);

/** So much of a question's own words must stand in the article. */
const SURE_SHARE = 0.5;

/** Returns the articles of a folder: Markdown with a title, text, and a last line of keywords. */
export function readArticles(folder: string): Article[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const source = readFileSync(join(folder, file), 'utf8');
      const [, title, text, keywords] = /^# (.+)\n+([^]+?)\n+keywords: (.+)\s*$/.exec(source) ?? [];
      if (title === undefined || text === undefined || keywords === undefined) {
        throw new Error(`${file} needs a title (# …), text, and a last line "keywords: …"`);
      }
      return { id: file.replace(/\.md$/, ''), title, text: text.trim(), keywords };
    });
}

/** Returns a search over these articles, forgiving of typing mistakes. */
export function createKnowledge(articles: readonly Article[]): Knowledge {
  const search = new MiniSearch<Article>({
    fields: ['title', 'keywords', 'text'],
    processTerm: (term) => {
      const word = term.toLowerCase().replace(/['’]/g, '');
      return word.length < 2 || EMPTY.has(word) ? null : stem(word);
    },
    searchOptions: {
      boost: { title: 2, keywords: 3 },
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      prefix: (term) => term.length > 4,
    },
  });
  search.addAll(articles);
  return {
    articles,
    find(question) {
      const [best] = search.search(question);
      const article = articles.find(({ id }) => id === best?.id);
      if (!best || !article) return undefined;
      const words = new Set(listWords(question));
      return { article, isSure: best.queryTerms.length / Math.max(1, words.size) >= SURE_SHARE };
    },
  };
}

function listWords(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [])
    .map((word) => word.replace(/['’]/g, ''))
    .filter((word) => word.length > 1 && !EMPTY.has(word))
    .map(stem);
}

/** Enough of English: plurals and `-ing` find each other. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(?:ing|ies|es|s)$/, '') : word;
}
