package theme

import (
	"image/color"

	"github.com/lucasb-eyer/go-colorful"
)

// areaSteps is how many colours the gradient of a chart's area has: about as many as
// a chart has lines, so that runs of one colour are long and cost few bytes.
const areaSteps = 8

// areaStops are the used parts of a limit at which the area has the colours of the
// palette, see model.PressureOf; it is calm up to half of the limit.
var areaStops = [4]float64{0.5, 0.7, 0.9, 1}

// Area returns the role of a chart's area at a height, which is a part of the limit.
// The last colour is for 1 and more only.
func Area(ratio float64) Role {
	low, high := areaStops[0], areaStops[3]
	step := int((min(ratio, 1)-low)/(high-low)*(areaSteps-1) + 1e-9)
	return area + Role(max(step, 0))
}

// gradient returns the colours of the area's steps. between returns the colour at t
// from a to b, from 0 to 1.
func (p *Palette) gradient(between func(a, b color.Color, t float64) color.Color) (steps [areaSteps]color.Color) {
	stops := [4]color.Color{p.AreaCalm, p.AreaWarm, p.AreaHot, p.AreaFull}
	for i := range steps {
		ratio := areaStops[0] + (areaStops[3]-areaStops[0])*float64(i)/(areaSteps-1)
		at := 0
		for at < 2 && ratio >= areaStops[at+1] {
			at++
		}
		steps[i] = between(stops[at], stops[at+1], (ratio-areaStops[at])/(areaStops[at+1]-areaStops[at]))
	}
	return steps
}

// areaShare is how much of a pressure's colour is in an area that has none of its
// own: a large area of the full colour would outshine the text.
const areaShare = 0.75

// areaOf returns the colour of an area that follows from a pressure's.
func (p *Palette) areaOf(pressure color.Color) color.Color {
	a, _ := colorful.MakeColor(p.Background)
	b, _ := colorful.MakeColor(pressure)
	return rgb(a.BlendLab(b, areaShare))
}

// mix returns the colour at t from a to b, by hue: between teal and yellow is green,
// not grey.
func mix(a, b color.Color, t float64) color.Color {
	from, _ := colorful.MakeColor(a)
	to, _ := colorful.MakeColor(b)
	return rgb(from.BlendHcl(to, t))
}

func rgb(c colorful.Color) color.Color {
	r, g, b := c.Clamped().RGB255()
	return color.RGBA{r, g, b, 0xff}
}

// nearest is a mix for colours that cannot be mixed.
func nearest(a, b color.Color, t float64) color.Color {
	if t < 1 {
		return a
	}
	return b
}
