// Package texts makes text to validate: words, of which texts are drawn by chance, so that no branch predictor learns them by
// heart.
package texts

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Kind is one kind of text.
type Kind struct {
	Name, Words string
	Spaces      int // one space to so many words
}

// Kinds are all there are.
var Kinds = []Kind{
	{"ascii", `the quick brown fox jumps over a lazy dog while seven wizards of sphinx quartz judge my vow, and nobody was told.`, 1},
	{"english", `it’s a truth universally acknowledged that she said “no” while the rest of them were of another mind about it and the
		carriage waited in front of a house which had been let at last to somebody from the north whose name nobody knew yet`, 1},
	{"german", `Größe und Übermut führen selten zum Glück während schöne Straßen durch die grünen Täler nach Süden gehen und der alte
		Mann auf einer Bank sitzt ohne ein Wort zu sagen`, 1},
	{"french", `l’été dernier nous avons mangé à la plage près du château où les élèves étaient allés sans leurs maîtres et le garçon
		français a reçu une lettre très brève`, 1},
	// One é in 100 bytes.
	{"json", `{"id":12345,"name":"café","price":3.50} {"id":777,"name":"plain","tags":["red","green"],"stock":true}
		{"id":90210,"name":"Noël","price":10.25,"unit":"kg"} {"id":1,"parent":null,"children":[2,3,4,5]}`, 1},
	{"russian", `все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по своему и в доме всё смешалось`, 1},
	{"greek", `η γλώσσα μου έδωσαν ελληνική το σπίτι φτωχικό στις αμμουδιές του Ομήρου μονάχη έγνοια και θάλασσα`, 1},
	{"chinese", `学而时习之， 不亦说乎？ 有朋自远方来， 不亦乐乎？ 人不知而不愠， 道可道非常道。 名可名非常名。 天地之始 万物之母`, 12},
	{"japanese", `吾輩は猫である。 名前はまだ無い。 どこで生れたかとんと見当がつかぬ。 ニャーニャー泣いていた事だけは記憶している。`, 12},
	{"korean", `모든 국민은 인간으로서의 존엄과 가치를 가지며 행복을 추구할 권리를 가진다 법 앞에 평등하다 나라의 말이`, 1},
	{"emoji", `😀 😂😂 🎉 👍🏽 ❤️ 🚀🚀🚀 👩‍👩‍👧 🙏 🔥🔥 🤔 🇫🇷 😭😭😭😭 ✨`, 1},
	{"mixed", `Größe, 日本語, κόσμε and 😀 naïve world слово “quoted” plain words 12345 مرحبا text € of many 漢字 kinds é`, 1},
}

// Named returns the kind of the given name. It panics where there is none.
func Named(name string) Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	panic(fmt.Sprintf("texts: no kind %q", name))
}

// Pieces returns 64 whole texts of at most n bytes, with as many different beginnings. They are the same at each call.
func (k Kind) Pieces(n int) [][]byte { return k.pieces(n, 64) }

// Sized returns one text of exactly n bytes, with spaces for a character that would be cut at the end.
func (k Kind) Sized(n int) []byte {
	p := k.pieces(n, 1)[0]
	return append(p, strings.Repeat(" ", n-len(p))...)
}

func (k Kind) pieces(n, count int) [][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	list := strings.Fields(k.Words)
	var all strings.Builder
	for all.Len() < n+16<<10 {
		all.WriteString(list[rng.IntN(len(list))])
		if rng.IntN(k.Spaces) == 0 {
			all.WriteByte(' ')
		}
	}
	text, out := all.String(), make([][]byte, count)
	for i := range out {
		from := rng.IntN(len(text) - n)
		for !utf8.RuneStart(text[from]) {
			from--
		}
		to := from + n
		for !utf8.RuneStart(text[to]) {
			to--
		}
		out[i] = []byte(text[from:to])
	}
	return out
}
