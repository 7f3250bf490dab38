package theme

import "image/color"

// BuiltIn returns the built-in themes, the dark one first.
func BuiltIn() []Theme {
	return []Theme{Dark(), Light(), HighContrast(), OkabeIto(), Mono()}
}

// Dark is for light text on a dark background.
func Dark() Theme {
	return Theme{Name: "dark", Dark: true, Palette: Palette{
		Background: hex(0x16191f),
		Text:       hex(0xcfd3d8),
		Bright:     hex(0xf3f5f8),
		Dim:        hex(0x8f9399),
		Border:     hex(0x4a4d52),
		Focus:      hex(0x7fb2f0),
		Accent:     hex(0x7fb2f0),
		Track:      hex(0x505357),
		Limit:      hex(0x8f9399),
		Fill:       hex(0x5a5d62),
		Calm:       hex(0x6cb6ad),
		Warm:       hex(0xdfbd69),
		Hot:        hex(0xf0985a),
		Full:       hex(0xef5f6b),
		AreaCalm:   hex(0x56908a),
		AreaWarm:   hex(0xc1a45c),
		AreaHot:    hex(0xdd8c54),
		AreaFull:   hex(0xe55b67),
		Others:     hex(0xa994ea),
		Rejected:   hex(0xef5f6b),
	}}
}

// Light is for dark text on a light background.
func Light() Theme {
	return Theme{Name: "light", Palette: Palette{
		Background: hex(0xfafafa),
		Text:       hex(0x303236),
		Bright:     hex(0x0b0d11),
		Dim:        hex(0x63676d),
		Border:     hex(0xbdbebf),
		Focus:      hex(0x1f5fc4),
		Accent:     hex(0x1f5fc4),
		Track:      hex(0xb2b4b6),
		Limit:      hex(0x63676d),
		Fill:       hex(0xa4a6a9),
		Calm:       hex(0x137a63),
		Warm:       hex(0x8a6200),
		Hot:        hex(0xb04a00),
		Full:       hex(0xbf1f2f),
		AreaCalm:   hex(0x3d9580),
		AreaWarm:   hex(0xa87c1c),
		AreaHot:    hex(0xc4601a),
		AreaFull:   hex(0xcb3644),
		Others:     hex(0x6a4fc0),
		Rejected:   hex(0xbf1f2f),
	}}
}

// HighContrast has a contrast of at least 7:1 for all text on a dark background, and
// frames and gauges that stand out.
func HighContrast() Theme {
	return Theme{Name: "high-contrast", Dark: true, Palette: Palette{
		Background: hex(0x000000),
		Text:       hex(0xffffff),
		Bright:     hex(0xffffff),
		Dim:        hex(0xd0d0d0),
		Border:     hex(0x8a8a8a),
		Focus:      hex(0x66d9ff),
		Accent:     hex(0x66d9ff),
		Track:      hex(0x808080),
		Limit:      hex(0xffffff),
		Fill:       hex(0x585858),
		Calm:       hex(0x4df0c0),
		Warm:       hex(0xffe14d),
		Hot:        hex(0xffa64d),
		Full:       hex(0xff8f87),
		AreaCalm:   hex(0x3dbd97),
		AreaWarm:   hex(0xddc343),
		AreaHot:    hex(0xeb9947),
		AreaFull:   hex(0xf58981),
		Others:     hex(0xc9b3ff),
		Rejected:   hex(0xff8f87),
	}}
}

// OkabeIto has colours that people with any kind of colour vision can tell apart, by
// M. Okabe and K. Ito, "Color Universal Design" (2002). Vermillion is a little
// lighter here, to be readable as text on a dark background.
func OkabeIto() Theme {
	return Theme{Name: "okabe-ito", Dark: true, Palette: Palette{
		Background: hex(0x111111),
		Text:       hex(0xd4d4d4),
		Bright:     hex(0xf7f7f7),
		Dim:        hex(0x969696),
		Border:     hex(0x4c4c4c),
		Focus:      hex(0xcc79a7), // reddish purple
		Accent:     hex(0xcc79a7),
		Track:      hex(0x505050),
		Limit:      hex(0x969696),
		Fill:       hex(0x565656),
		Calm:       hex(0x009e73), // bluish green
		Warm:       hex(0xf0e442), // yellow
		Hot:        hex(0xe69f00), // orange
		Full:       hex(0xdc6207), // vermillion
		AreaCalm:   hex(0x00835f),
		AreaWarm:   hex(0xf0e442),
		AreaHot:    hex(0xe69f00),
		AreaFull:   hex(0xdc6207),
		Others:     hex(0x56b4e9), // sky blue
		Rejected:   hex(0xdc6207),
	}}
}

// Mono has no hue. The higher the pressure, the brighter the text; Hot and Full are
// bold.
func Mono() Theme {
	return Theme{Name: "mono", Dark: true, Palette: Palette{
		Background: hex(0x111111),
		Text:       hex(0xc8c8c8),
		Bright:     hex(0xffffff),
		Dim:        hex(0x949494),
		Border:     hex(0x4c4c4c),
		Focus:      hex(0xffffff),
		Accent:     hex(0xffffff),
		Track:      hex(0x505050),
		Limit:      hex(0x949494),
		Fill:       hex(0x565656),
		Calm:       hex(0x949494),
		Warm:       hex(0xb8b8b8),
		Hot:        hex(0xdcdcdc),
		Full:       hex(0xffffff),
		AreaCalm:   hex(0x757575),
		AreaWarm:   hex(0xa0a0a0),
		AreaHot:    hex(0xcbcbcb),
		AreaFull:   hex(0xf5f5f5),
		Others:     hex(0x7a7a7a),
		Rejected:   hex(0xffffff),
	}}
}

// hex returns the colour whose red, green and blue are the bytes of n.
func hex(n uint32) color.Color {
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 0xff}
}
