// Command testtool is what tests run in pods: small servers that say who they are, and probes that end
// with 0 or 1. Pure Go, so that names are looked up as /etc/resolv.conf says and no libc is needed.
//
//	testtool serve [--http :8080] [--tcp :9090]   answers with the host name (and the path on HTTP)
//	testtool http URL | dns NAME | tcp ADDR       prints the answer; --timeout 5s --tries 1
//	testtool sleep                                waits for SIGTERM
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func host() string {
	name, _ := os.Hostname()
	return name
}

func answer(writer http.ResponseWriter, request *http.Request) {
	fmt.Fprintf(writer, "%s %s\n", host(), request.URL.Path)
}

func greet(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			fmt.Fprintln(conn, host())
			_, _ = io.Copy(conn, conn)
		}()
	}
}

func serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	web := flags.String("http", ":8080", "address of the HTTP server, empty for none")
	echo := flags.String("tcp", "", "address of the TCP echo server, empty for none")
	_ = flags.Parse(args)
	failed := make(chan error, 2)
	if *web != "" {
		server := &http.Server{Addr: *web, Handler: http.HandlerFunc(answer), ReadHeaderTimeout: 5 * time.Second}
		go func() { failed <- server.ListenAndServe() }()
	}
	if *echo != "" {
		listener, err := net.Listen("tcp", *echo)
		if err != nil {
			return err
		}
		go func() { failed <- greet(listener) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

func probeHTTP(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s", response.Status)
	}
	return nil
}

func probeDNS(ctx context.Context, name string) error {
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err == nil {
		fmt.Println(strings.Join(addresses, "\n"))
	}
	return err
}

func probeTCP(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until)
	}
	line := make([]byte, 256)
	count, err := conn.Read(line)
	if err != nil {
		return err
	}
	fmt.Print(string(line[:count]))
	return nil
}

func probe(ctx context.Context, kind string, args []string) error {
	flags := flag.NewFlagSet(kind, flag.ExitOnError)
	timeout := flags.Duration("timeout", 5*time.Second, "for one try")
	tries := flags.Int("tries", 1, "how often to try, one second apart")
	_ = flags.Parse(args)
	ask := map[string]func(context.Context, string) error{"http": probeHTTP, "dns": probeDNS, "tcp": probeTCP}[kind]
	if ask == nil || flags.NArg() != 1 {
		return fmt.Errorf("usage: testtool serve | sleep | http URL | dns NAME | tcp ADDRESS")
	}
	for try := 1; ; try++ {
		limited, cancel := context.WithTimeout(ctx, *timeout)
		err := ask(limited, flags.Arg(0))
		cancel()
		if err == nil || try >= *tries || ctx.Err() != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "testtool:", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	args := append(os.Args[1:], "")
	var err error
	switch args[0] {
	case "serve":
		err = serve(ctx, os.Args[2:])
	case "sleep":
		<-ctx.Done()
	default:
		err = probe(ctx, args[0], os.Args[min(2, len(os.Args)):])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testtool:", err)
		os.Exit(1)
	}
}
