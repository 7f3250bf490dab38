package theme

import "charm.land/lipgloss/v2"

// BuiltIn returns the themes that come with the program, the dark one first.
func BuiltIn() []Theme { return []Theme{Dark(), Light()} }

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
		Fill:       lipgloss.Color("#303234"),
		Calm:       lipgloss.Color("#6cb6ad"),
		Warm:       lipgloss.Color("#dfbd69"),
		Hot:        lipgloss.Color("#f0985a"),
		Full:       lipgloss.Color("#ef5f6b"),
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
		Fill:       lipgloss.Color("#e3e4e6"),
		Calm:       lipgloss.Color("#137a63"),
		Warm:       lipgloss.Color("#8a6200"),
		Hot:        lipgloss.Color("#b04a00"),
		Full:       lipgloss.Color("#bf1f2f"),
		Others:     lipgloss.Color("#6a4fc0"),
		Rejected:   lipgloss.Color("#bf1f2f"),
	}}
}
