// Reads {"template": ..., "data": ...} and writes what Go makes of the template with the functions that Crossplane's
// function-go-templating offers: text/template, Sprig, and three of its own.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"

	sprig "github.com/Masterminds/sprig/v3"
	"gopkg.in/yaml.v3"
)

func main() {
	var input struct {
		Template string
		Data     map[string]any
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		fail(err)
	}
	tpl := template.New("manifests").Option("missingkey=error")
	tpl.Funcs(sprig.TxtFuncMap()).Funcs(template.FuncMap{
		"toYaml": func(value any) (string, error) {
			text, err := yaml.Marshal(value)
			return string(text), err
		},
		"fromYaml": func(text string) (value any, err error) {
			err = yaml.Unmarshal([]byte(text), &value)
			return value, err
		},
		"include": func(name string, data any) (string, error) {
			var text strings.Builder
			err := tpl.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
	})
	if _, err := tpl.Parse(input.Template); err != nil {
		fail(err)
	}
	if err := tpl.Execute(os.Stdout, input.Data); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
