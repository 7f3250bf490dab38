package theme

import "charm.land/lipgloss/v2"

// BuiltIn returns the built-in themes, the dark one first.
func BuiltIn() []Theme {
	return []Theme{Dark(), Light(), HighContrast(), OkabeIto(), Mono()}
}

// Dark is for light text on a dark background.
func Dark() Theme {
	return Theme{Name: "dark", Dark: true, Palette: Palette{
		Background: lipgloss.Color("#16191f"),
		Text:       lipgloss.Color("#cfd3d8"),
		Bright:     lipgloss.Color("#f3f5f8"),
		Dim:        lipgloss.Color("#8f9399"),
		Border:     lipgloss.Color("#4a4d52"),
		Focus:      lipgloss.Color("#7fb2f0"),
		Accent:     lipgloss.Color("#7fb2f0"),
		Track:      lipgloss.Color("#505357"),
		Limit:      lipgloss.Color("#8f9399"),
		Fill:       lipgloss.Color("#5a5d62"),
		Calm:       lipgloss.Color("#6cb6ad"),
		Warm:       lipgloss.Color("#dfbd69"),
		Hot:        lipgloss.Color("#f0985a"),
		Full:       lipgloss.Color("#ef5f6b"),
		AreaCalm:   lipgloss.Color("#56908a"),
		AreaWarm:   lipgloss.Color("#c1a45c"),
		AreaHot:    lipgloss.Color("#dd8c54"),
		AreaFull:   lipgloss.Color("#e55b67"),
		Others:     lipgloss.Color("#a994ea"),
		Rejected:   lipgloss.Color("#ef5f6b"),
	}}
}

// Light is for dark text on a light background.
func Light() Theme {
	return Theme{Name: "light", Palette: Palette{
		Background: lipgloss.Color("#fafafa"),
		Text:       lipgloss.Color("#303236"),
		Bright:     lipgloss.Color("#0b0d11"),
		Dim:        lipgloss.Color("#63676d"),
		Border:     lipgloss.Color("#bdbebf"),
		Focus:      lipgloss.Color("#1f5fc4"),
		Accent:     lipgloss.Color("#1f5fc4"),
		Track:      lipgloss.Color("#b2b4b6"),
		Limit:      lipgloss.Color("#63676d"),
		Fill:       lipgloss.Color("#a4a6a9"),
		Calm:       lipgloss.Color("#137a63"),
		Warm:       lipgloss.Color("#8a6200"),
		Hot:        lipgloss.Color("#b04a00"),
		Full:       lipgloss.Color("#bf1f2f"),
		AreaCalm:   lipgloss.Color("#3d9580"),
		AreaWarm:   lipgloss.Color("#a87c1c"),
		AreaHot:    lipgloss.Color("#c4601a"),
		AreaFull:   lipgloss.Color("#cb3644"),
		Others:     lipgloss.Color("#6a4fc0"),
		Rejected:   lipgloss.Color("#bf1f2f"),
	}}
}

// HighContrast has a contrast of at least 7:1 for all text on a dark background, and
// frames and gauges that stand out.
func HighContrast() Theme {
	return Theme{Name: "high-contrast", Dark: true, Palette: Palette{
		Background: lipgloss.Color("#000000"),
		Text:       lipgloss.Color("#ffffff"),
		Bright:     lipgloss.Color("#ffffff"),
		Dim:        lipgloss.Color("#d0d0d0"),
		Border:     lipgloss.Color("#8a8a8a"),
		Focus:      lipgloss.Color("#66d9ff"),
		Accent:     lipgloss.Color("#66d9ff"),
		Track:      lipgloss.Color("#808080"),
		Limit:      lipgloss.Color("#ffffff"),
		Fill:       lipgloss.Color("#585858"),
		Calm:       lipgloss.Color("#4df0c0"),
		Warm:       lipgloss.Color("#ffe14d"),
		Hot:        lipgloss.Color("#ffa64d"),
		Full:       lipgloss.Color("#ff8f87"),
		AreaCalm:   lipgloss.Color("#3dbd97"),
		AreaWarm:   lipgloss.Color("#ddc343"),
		AreaHot:    lipgloss.Color("#eb9947"),
		AreaFull:   lipgloss.Color("#f58981"),
		Others:     lipgloss.Color("#c9b3ff"),
		Rejected:   lipgloss.Color("#ff8f87"),
	}}
}

// OkabeIto has colours that people with any kind of colour vision can tell apart, by
// M. Okabe and K. Ito, "Color Universal Design" (2002). Vermillion is a little
// lighter here, to be readable as text on a dark background.
func OkabeIto() Theme {
	return Theme{Name: "okabe-ito", Dark: true, Palette: Palette{
		Background: lipgloss.Color("#111111"),
		Text:       lipgloss.Color("#d4d4d4"),
		Bright:     lipgloss.Color("#f7f7f7"),
		Dim:        lipgloss.Color("#969696"),
		Border:     lipgloss.Color("#4c4c4c"),
		Focus:      lipgloss.Color("#cc79a7"), // reddish purple
		Accent:     lipgloss.Color("#cc79a7"),
		Track:      lipgloss.Color("#505050"),
		Limit:      lipgloss.Color("#969696"),
		Fill:       lipgloss.Color("#565656"),
		Calm:       lipgloss.Color("#009e73"), // bluish green
		Warm:       lipgloss.Color("#f0e442"), // yellow
		Hot:        lipgloss.Color("#e69f00"), // orange
		Full:       lipgloss.Color("#dc6207"), // vermillion
		AreaCalm:   lipgloss.Color("#00835f"),
		AreaWarm:   lipgloss.Color("#f0e442"),
		AreaHot:    lipgloss.Color("#e69f00"),
		AreaFull:   lipgloss.Color("#dc6207"),
		Others:     lipgloss.Color("#56b4e9"), // sky blue
		Rejected:   lipgloss.Color("#dc6207"),
	}}
}

// Mono has no hue. The higher the pressure, the brighter the text; Hot and Full are
// bold.
func Mono() Theme {
	return Theme{Name: "mono", Dark: true, Palette: Palette{
		Background: lipgloss.Color("#111111"),
		Text:       lipgloss.Color("#c8c8c8"),
		Bright:     lipgloss.Color("#ffffff"),
		Dim:        lipgloss.Color("#949494"),
		Border:     lipgloss.Color("#4c4c4c"),
		Focus:      lipgloss.Color("#ffffff"),
		Accent:     lipgloss.Color("#ffffff"),
		Track:      lipgloss.Color("#505050"),
		Limit:      lipgloss.Color("#949494"),
		Fill:       lipgloss.Color("#565656"),
		Calm:       lipgloss.Color("#949494"),
		Warm:       lipgloss.Color("#b8b8b8"),
		Hot:        lipgloss.Color("#dcdcdc"),
		Full:       lipgloss.Color("#ffffff"),
		AreaCalm:   lipgloss.Color("#757575"),
		AreaWarm:   lipgloss.Color("#a0a0a0"),
		AreaHot:    lipgloss.Color("#cbcbcb"),
		AreaFull:   lipgloss.Color("#f5f5f5"),
		Others:     lipgloss.Color("#7a7a7a"),
		Rejected:   lipgloss.Color("#ffffff"),
	}}
}
