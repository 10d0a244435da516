package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"exoplanetai/internal/auth"
	"exoplanetai/internal/exo"
)

type userInput struct {
	Name string `path:"name" maxLength:"64" doc:"the user" example:"ada"`
}

type newUserBody struct {
	_        struct{} `json:"-" additionalProperties:"false"`
	Name     string   `json:"name" maxLength:"64" doc:"1 to 64 small letters, digits, and . _ - @ after the first" example:"ada"`
	Role     string   `json:"role" enum:"user,researcher,admin" doc:"the first user must be admin"`
	Password string   `json:"password" maxLength:"1024" doc:"12 characters at least"`
}

type newUserInput struct{ Body newUserBody }

type changeUserBody struct {
	_        struct{} `json:"-" additionalProperties:"false"`
	Role     *string  `json:"role,omitempty" nullable:"true" enum:"user,researcher,admin" doc:"the new role; holds within 60 seconds for tokens and keys that are out, too"`
	Disabled *bool    `json:"disabled,omitempty" nullable:"true" doc:"true shuts the user out until false"`
}

type changeUserInput struct {
	Name string `path:"name" maxLength:"64" doc:"the user" example:"ada"`
	Body changeUserBody
}

type passwordBody struct {
	_               struct{} `json:"-" additionalProperties:"false"`
	Password        string   `json:"password" maxLength:"1024" doc:"the new password, 12 characters at least"`
	CurrentPassword *string  `json:"current_password,omitempty" nullable:"true" maxLength:"1024" doc:"needed for one's own password"`
}

type passwordInput struct {
	Name string `path:"name" maxLength:"64" doc:"the user" example:"ada"`
	Body passwordBody
}

type userOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     auth.UserInfo
}

type userList struct {
	Users []auth.UserInfo `json:"users" doc:"by name"`
}

type usersOutput struct{ Body userList }

// deletedUser answers the removal of a user, changedPassword that of a password.
type deletedUser struct {
	Status string `json:"status" enum:"deleted"`
	Name   string `json:"name"`
}

type deletedUserOutput struct{ Body deletedUser }

type changedPassword struct {
	Status string `json:"status" enum:"changed"`
	Name   string `json:"name"`
}

type changedPasswordOutput struct{ Body changedPassword }

func (s *Server) userRoutes(api huma.API) {
	const base = Base + "/users"
	tags := []string{"access"}
	register(s, api, huma.Operation{
		OperationID: "list-users", Method: http.MethodGet, Path: base, Tags: tags, Summary: "List the users", Description: "By name.",
	}, s.listUsers)
	register(s, api, huma.Operation{
		OperationID: "create-user", Method: http.MethodPost, Path: base, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a user", Description: "The first must be an admin. From then on every call needs a token or a key.",
		Responses: map[string]*huma.Response{"201": response[auth.UserInfo](api, "The user, whom Location names.")},
	}, s.createUser)
	register(s, api, huma.Operation{
		OperationID: "get-user", Method: http.MethodGet, Path: base + "/{name}", Tags: tags, Summary: "See one user", Description: "Role, last sign-in, and whether the user is shut out.",
	}, func(ctx context.Context, in *userInput) (*userOutput, error) {
		a, err := s.accounts()
		if err != nil {
			return nil, err
		}
		u, err := a.User(ctx, in.Name)
		return &userOutput{Status: http.StatusOK, Body: u}, err
	})
	register(s, api, huma.Operation{
		OperationID: "change-user", Method: http.MethodPatch, Path: base + "/{name}", Tags: tags,
		Summary: "Change a user's role, or shut a user out", Description: "Holds within 60 seconds on every server. The last admin can be neither lowered nor shut out: 409.",
	}, s.changeUser)
	register(s, api, huma.Operation{
		OperationID: "set-password", Method: http.MethodPut, Path: base + "/{name}/password", Tags: tags,
		Summary: "Change a password", Description: "One's own, with the current one; an admin also sets those of others. All sessions of the user end; API keys stay.",
	}, s.setPassword)
	register(s, api, huma.Operation{
		OperationID: "delete-user", Method: http.MethodDelete, Path: base + "/{name}", Tags: tags,
		Summary: "Remove a user", Description: "With all sessions and keys. The last admin stays: 409.",
	}, func(ctx context.Context, in *userInput) (*deletedUserOutput, error) {
		a, err := s.accounts()
		if err != nil {
			return nil, err
		}
		return &deletedUserOutput{deletedUser{"deleted", in.Name}}, a.DeleteUser(ctx, in.Name)
	})
}

func (s *Server) listUsers(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	list, err := a.Users(ctx)
	if list == nil {
		list = []auth.UserInfo{}
	}
	return &usersOutput{userList{list}}, err
}

func (s *Server) createUser(ctx context.Context, in *newUserInput) (*userOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	u, err := a.CreateUser(ctx, in.Body.Name, auth.Role(in.Body.Role), in.Body.Password)
	return &userOutput{Status: http.StatusCreated, Location: Base + "/users/" + u.Name, Body: u}, err
}

func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	if in.Body.Role == nil && in.Body.Disabled == nil {
		return nil, exo.Errorf("api.users", exo.Invalid, nil, "nothing is to be changed").Try("send role, disabled, or both")
	}
	if in.Body.Role != nil {
		err = a.SetRole(ctx, in.Name, auth.Role(*in.Body.Role))
	}
	if err == nil && in.Body.Disabled != nil {
		change := a.Enable
		if *in.Body.Disabled {
			change = a.Disable
		}
		err = change(ctx, in.Name)
	}
	if err != nil {
		return nil, err
	}
	u, err := a.User(ctx, in.Name)
	return &userOutput{Status: http.StatusOK, Body: u}, err
}

// setPassword changes a password. That of another user does not exist for
// whoever is no admin; one's own is asked for, so that an open session or a copied
// token is not enough to take an account over.
func (s *Server) setPassword(ctx context.Context, in *passwordInput) (*changedPasswordOutput, error) {
	a, err := s.accounts()
	if err != nil {
		return nil, err
	}
	c := caller(ctx)
	if c.Name != in.Name || c.Via == auth.ViaLocal {
		if !c.Role.Includes(auth.Admin) {
			err := exo.Errorf("api.users", exo.NotFound, nil, "there is no user %.64q", in.Name).Try("%s/auth/me tells your own name", Base)
			s.turnedAway(ctx, err)
			return nil, err
		}
	} else if err := s.knows(ctx, a, c, in.Body.CurrentPassword); err != nil {
		return nil, err
	}
	return &changedPasswordOutput{changedPassword{"changed", in.Name}}, a.SetPassword(ctx, in.Name, in.Body.Password)
}

// knows reports whether the caller knows the caller's own password; tries are
// counted as those of a sign-in.
func (s *Server) knows(ctx context.Context, a *auth.Service, c auth.Caller, password *string) error {
	const op = "api.users"
	if password == nil {
		return exo.Errorf(op, exo.Invalid, nil, "current_password is missing").Try("send the present password too")
	}
	if _, err := a.SignIn(ctx, c.Name, *password, addressText(callOf(ctx))); err != nil {
		if exo.KindOf(err) == exo.Unauthenticated { // the caller is known: it is the password that is wrong
			return exo.E(op, exo.Denied, nil, err).Say("current_password is wrong").Try("try again, or ask an administrator")
		}
		return err
	}
	return nil
}
