// What runs in Crossplane's function-go-templating and provider-kubernetes, for one request: reads it from standard input
// and writes the answer to standard output, both as JSON.
//
// Facts: github.com/crossplane-contrib/function-go-templating, v0.12.2: function_maps.go (text/template with Sprig, toYaml,
// fromYaml, include); github.com/crossplane-contrib/provider-kubernetes, v1.2.1: internal/controller/namespaced/object
// (the variable `object`, a result that has to be a bool).
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"

	sprig "github.com/Masterminds/sprig/v3"
	"github.com/google/cel-go/cel"
	"gopkg.in/yaml.v3"
)

type request struct {
	// A template, its options, and what it is told.
	Template string
	Options  []string
	Data     map[string]any
	// Or a question about an object.
	Query  string
	Object map[string]any
}

type answer struct {
	Text   string `json:"text"`
	Holds  bool   `json:"holds"`
	Failed string `json:"failed,omitempty"`
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fail(err)
	}
	var given answer
	var err error
	if asked.Query != "" {
		given.Holds, err = evaluated(asked.Query, asked.Object)
	} else {
		given.Text, err = executed(asked.Template, asked.Options, asked.Data)
	}
	if err != nil {
		given.Failed = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(given); err != nil {
		fail(err)
	}
}

func executed(text string, options []string, data map[string]any) (string, error) {
	tpl := template.New("manifests")
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
	if _, err := tpl.Parse(text); err != nil {
		return "", fmt.Errorf("invalid function input: cannot parse the provided templates: %w", err)
	}
	tpl.Option(options...)
	var made strings.Builder
	if err := tpl.Execute(&made, data); err != nil {
		return "", fmt.Errorf("cannot execute template: %w", err)
	}
	return made.String(), nil
}

func evaluated(query string, object map[string]any) (bool, error) {
	env, err := cel.NewEnv(cel.Variable("object", cel.AnyType))
	if err != nil {
		return false, err
	}
	ast, issues := env.Compile(query)
	if issues.Err() != nil {
		return false, fmt.Errorf("failed to compile query: %w", issues.Err())
	}
	if ast.OutputType() != cel.BoolType {
		return false, errors.New("celQuery does not return a bool type")
	}
	program, err := env.Program(ast)
	if err != nil {
		return false, fmt.Errorf("failed to create program from the cel query: %w", err)
	}
	value, _, err := program.Eval(map[string]any{"object": object})
	if err != nil {
		return false, fmt.Errorf("failed to eval the program: %w", err)
	}
	return value.Value() == true, nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
